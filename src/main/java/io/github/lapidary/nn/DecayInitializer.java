package io.github.lapidary.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.initializer.Initializer;

/**
 * Draws the parameter of a recurrence so that its decay {@code r = exp(−softplus(parameter))} is
 * uniform on a ring: r² between the squares of two bounds, as Griffin's section 2.4 has it.
 *
 * @param fastest the lower bound of r
 * @param slowest the upper bound, below 1
 */
record DecayInitializer(double fastest, double slowest) implements Initializer {

    @Override
    public NDArray initialize(NDManager manager, Shape shape, DataType dataType) {
        float[] numbers;
        float low = (float) (fastest * fastest);
        float high = (float) (slowest * slowest);
        try (NDArray squares = manager.randomUniform(low, high, shape)) {
            numbers = squares.toFloatArray();
        }
        for (int i = 0; i < numbers.length; i++) {
            double decay = -Math.log(numbers[i]) / 2;
            numbers[i] = (float) Math.log(Math.expm1(decay)); // the inverse of softplus
        }
        try (NDArray passing = manager.create(numbers, shape)) {
            return passing.duplicate(); // in the engine's own memory
        }
    }
}
