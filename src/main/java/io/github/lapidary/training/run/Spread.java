package io.github.lapidary.training.run;

import java.util.Arrays;
import java.util.OptionalDouble;
import java.util.stream.DoubleStream;

/**
 * What numbers come to that differ by chance.
 *
 * @param mean their mean
 * @param deviation their standard deviation, with one less than their number under the sum of
 *     squares; empty for a single number
 * @param least the smallest
 * @param most the largest
 */
public record Spread(double mean, OptionalDouble deviation, double least, double most) {

    /**
     * Takes numbers together.
     *
     * @throws IllegalArgumentException if there are none
     */
    public static Spread of(DoubleStream numbers) {
        double[] all = numbers.sorted().toArray();
        if (all.length == 0) {
            throw new IllegalArgumentException("There are no numbers to take together.");
        }
        double mean = Arrays.stream(all).sum() / all.length;
        double squares = Arrays.stream(all).map(each -> (each - mean) * (each - mean)).sum();
        return new Spread(
                mean,
                all.length == 1
                        ? OptionalDouble.empty()
                        : OptionalDouble.of(Math.sqrt(squares / (all.length - 1))),
                all[0],
                all[all.length - 1]);
    }
}
