package io.github.lapidary.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RmsNormTest extends BlockContract {

    private static final double EPS = 1e-6;

    @Override
    protected KernelBlock newBlock() {
        return new RmsNorm(6, EPS);
    }

    @Override
    protected KernelBlock newBlockOfOtherShape() {
        return new RmsNorm(5, EPS);
    }

    @Override
    protected NDList inputs(NDManager target) {
        return new NDList(normal(target, new Shape(2, 3, 6)));
    }

    @Override
    protected Shape outputShape() {
        return new Shape(2, 3, 6);
    }

    @Override
    protected String description() {
        return "RmsNorm weight(6)";
    }

    /** From where eps is all, to where squares nearly overflow; one row and many. */
    @ParameterizedTest
    @ValueSource(doubles = {1e-20, 1e-6, 1e-3, 1, 1e4, 1e15})
    void isTheFormulaInDoublePrecision(double size) {
        int width = 640;
        Random random = new Random(3);
        try (NDManager manager = NDManager.newBaseManager()) {
            for (int rows : new int[] {1, 40}) {
                float[] x = new float[rows * width];
                float[] weight = new float[width];
                for (int i = 0; i < x.length; i++) {
                    x[i] = (float) (size * random.nextGaussian());
                }
                for (int i = 0; i < width; i++) {
                    weight[i] = (float) random.nextGaussian();
                }
                float[] actual = norm(manager, x, weight);
                for (int row = 0; row < rows; row++) {
                    double squares = 0;
                    for (int i = 0; i < width; i++) {
                        squares += (double) x[row * width + i] * x[row * width + i];
                    }
                    double factor = 1 / Math.sqrt(squares / width + EPS);
                    for (int i = 0; i < width; i++) {
                        double expected = x[row * width + i] * factor * (1 + (double) weight[i]);
                        assertEquals(expected, actual[row * width + i], 2e-6 * Math.abs(expected));
                    }
                }
            }
        }
    }

    private static float[] norm(NDManager manager, float[] x, float[] weight) {
        RmsNorm norm = new RmsNorm(weight.length, EPS);
        Shape shape = new Shape(x.length / weight.length, weight.length);
        norm.initialize(manager, DataType.FLOAT32, shape);
        manager.create(weight).copyTo(norm.parametersByPath().get("weight").getArray());
        try (NDArray input = manager.create(x, shape);
                NDArray output = norm.forward(new ParameterStore(manager, false), input, false)) {
            return output.toFloatArray();
        }
    }
}
