package io.github.lapidary.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.initializer.Initializer;
import ai.djl.training.initializer.NormalInitializer;

/** Makes and fills the parameters of kernel blocks. */
public final class KernelParameters {

    private static final float STANDARD_DEVIATION = 0.02f;

    private KernelParameters() {}

    /** Makes a weight that starts with a standard deviation of 0.02. */
    static Parameter normal(String name, Shape shape) {
        return normal(name, shape, STANDARD_DEVIATION);
    }

    static Parameter normal(String name, Shape shape, float standardDeviation) {
        return weight(name, shape, new NormalInitializer(standardDeviation));
    }

    static Parameter weight(String name, Shape shape, Initializer initializer) {
        return Parameter.builder()
                .setName(name)
                .setType(Parameter.Type.WEIGHT)
                .optShape(shape)
                .optInitializer(initializer)
                .build();
    }

    /**
     * Gives a parameter another array of its shape, and closes the one it had.
     *
     * @throws IllegalArgumentException if the shape is another
     */
    public static void replace(Parameter parameter, NDArray array) {
        Shape expected = parameter.getShape();
        if (!expected.equals(array.getShape())) {
            throw new IllegalArgumentException(
                    "The parameter "
                            + parameter.getName()
                            + " has the shape "
                            + expected
                            + ", not "
                            + array.getShape()
                            + ".");
        }
        parameter.close();
        parameter.setShape(null);
        parameter.setArray(array);
    }
}
