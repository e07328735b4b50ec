package io.github.lapidary.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;

/**
 * How the tokens of a training pass compete for experts: within groups, whose size gives the
 * experts their capacity.
 *
 * @param groups in the order of the rows of tokens; none if nothing is dropped and there is no loss
 * @param capacityFactor takes the place of the gates' own, if there is one
 * @param lossScale what the losses of gates are multiplied by, besides their own coefficient
 * @param draws where random second experts come from
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

    /** Gives random numbers. */
    @FunctionalInterface
    public interface Draws {

        /**
         * Returns numbers from 0 to 1, uniformly distributed, that belong to the manager.
         *
         * @param layer the layer that they are for
         * @param tokens how many
         */
        NDArray uniforms(NDManager manager, int layer, long tokens);
    }

    /** Checks the factor. */
    public Competition {
        groups = List.copyOf(groups);
        capacityFactor.ifPresent(GateConfig::checkCapacityFactor);
    }

    /** Makes one that draws from the engine's random numbers. */
    public static Competition of(
            List<Group> groups, OptionalDouble capacityFactor, double lossScale) {
        return new Competition(
                groups,
                capacityFactor,
                lossScale,
                (manager, layer, tokens) -> manager.randomUniform(0, 1, new Shape(tokens)));
    }

    /** Makes one in which each sequence, of so many tokens, is a group. */
    static Competition ofSequences(int... tokens) {
        return of(
                Arrays.stream(tokens).mapToObj(count -> new Group(count, count)).toList(),
                OptionalDouble.empty(),
                1);
    }
}
