package io.github.lapidary.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.SplittableRandom;

/**
 * How the tokens of a training pass compete for experts: within groups, whose size gives the
 * experts their capacity.
 *
 * @param groups in the order of the rows of tokens; none if nothing is dropped and there is no loss
 * @param capacityFactor takes the place of the gates' own, if there is one
 * @param lossScale what the losses of gates are multiplied by, besides their own coefficient
 * @param draws where random second experts and jitter come from
 */
public record Competition(
        List<Group> groups, OptionalDouble capacityFactor, double lossScale, Draws draws) {

    /** In which nothing is dropped and no loss is computed. */
    public static final Competition NONE = of(List.of(), OptionalDouble.empty(), 1);

    /**
     * A group of tokens.
     *
     * @param tokens how many there are
     * @param size how many places it has, those of padding too
     */
    public record Group(int tokens, int size) {}

    /** What random numbers are for. */
    public enum Use {
        /** Whether each token goes to its second expert. */
        SECOND_EXPERT,
        /** What each number of each token is multiplied by for the gate. */
        JITTER
    }

    /** Gives random numbers. */
    @FunctionalInterface
    public interface Draws {

        /** The engine's random numbers, which its seed begins. */
        Draws OF_ENGINE = (manager, layer, use, shape) -> manager.randomUniform(0, 1, shape);

        /**
         * Returns numbers from 0 to 1, uniformly distributed, that belong to the manager.
         *
         * @param layer the layer that they are for
         */
        NDArray uniforms(NDManager manager, int layer, Use use, Shape shape);

        /**
         * Makes some that depend on nothing but a key, the layer and the use: such as the seed of a
         * run, the number of an update and that of a batch in it.
         */
        static Draws of(long... key) {
            long[] own = key.clone();
            return (manager, layer, use, shape) -> {
                SplittableRandom random = new SplittableRandom(0);
                for (long part : own) {
                    random = new SplittableRandom(random.nextLong() ^ part);
                }
                random = new SplittableRandom(random.nextLong() ^ layer);
                random = new SplittableRandom(random.nextLong() ^ use.name().hashCode());
                float[] numbers = new float[Math.toIntExact(shape.size())];
                for (int i = 0; i < numbers.length; i++) {
                    numbers[i] = (random.nextLong() >>> 40) * 0x1p-24f;
                }
                try (NDArray passing = manager.create(numbers, shape)) {
                    return passing.duplicate(); // in the engine's own memory, which a graph holds
                }
            };
        }
    }

    /** Checks the factor. */
    public Competition {
        groups = List.copyOf(groups);
        capacityFactor.ifPresent(GateConfig::checkCapacityFactor);
    }

    /** Makes one that draws from the engine's random numbers. */
    public static Competition of(
            List<Group> groups, OptionalDouble capacityFactor, double lossScale) {
        return new Competition(groups, capacityFactor, lossScale, Draws.OF_ENGINE);
    }

    /** Returns the same with other random numbers. */
    public Competition withDraws(Draws newDraws) {
        return new Competition(groups, capacityFactor, lossScale, newDraws);
    }

    /** Makes one in which each sequence, of so many tokens, is a group. */
    static Competition ofSequences(int... tokens) {
        return of(
                Arrays.stream(tokens).mapToObj(count -> new Group(count, count)).toList(),
                OptionalDouble.empty(),
                1);
    }
}
