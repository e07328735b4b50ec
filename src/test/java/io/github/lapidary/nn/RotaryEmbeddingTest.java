package io.github.lapidary.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import io.github.lapidary.config.RotaryConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RotaryEmbeddingTest extends BlockContract {

    @Override
    protected KernelBlock newBlock() {
        return new RotaryEmbedding(6, new RotaryConfig(10_000, 1));
    }

    @Override
    protected KernelBlock newBlockOfOtherShape() {
        return new Linear(6, 6L);
    }

    @Override
    protected NDList inputs(NDManager target) {
        return new NDList(
                normal(target, new Shape(3, 2, 6)), target.create(new long[] {0, 1, 700}));
    }

    @Override
    protected Shape outputShape() {
        return new Shape(3, 2, 6);
    }

    @Override
    protected String description() {
        return "RotaryEmbedding";
    }

    /** Frequencies are float32, as the references', so an angle's error grows with the position. */
    @ParameterizedTest
    @CsvSource({"10000, 1, 8", "10000, 1, 256", "1000000, 1, 256", "1000000, 8, 64"})
    void turnsHalvesByTheFormulaInDoublePrecision(double theta, double factor, int headDim) {
        long[] positions = {0, 1, 2, 17, 511, 8191, 131_071};
        int half = headDim / 2;
        try (NDManager manager = NDManager.newBaseManager()) {
            RotaryEmbedding rotary = new RotaryEmbedding(headDim, new RotaryConfig(theta, factor));
            rotary.initialize(manager, DataType.FLOAT32, new Shape(1));
            NDArray x = manager.arange(7f * 2 * headDim).sin().reshape(7, 2, headDim);
            NDList inputs = new NDList(x, manager.create(positions));
            float[] before = x.toFloatArray();
            float[] after =
                    rotary.forward(new ParameterStore(manager, false), inputs, false)
                            .singletonOrThrow()
                            .toFloatArray();
            for (int row = 0; row < positions.length * 2; row++) {
                long position = positions[row / 2];
                double tolerance = 1e-6 + 3e-7 * position;
                for (int i = 0; i < half; i++) {
                    double angle = position * Math.pow(theta, -2.0 * i / headDim) / factor;
                    double a = before[row * headDim + i];
                    double b = before[row * headDim + half + i];
                    assertEquals(
                            a * Math.cos(angle) - b * Math.sin(angle),
                            after[row * headDim + i],
                            tolerance);
                    assertEquals(
                            b * Math.cos(angle) + a * Math.sin(angle),
                            after[row * headDim + half + i],
                            tolerance);
                }
            }
        }
    }

    /** A text may be longer than whole numbers of float32 are. */
    @ParameterizedTest
    @ValueSource(longs = {1, 10_000, (1 << 24) + 1, 30_000_000, Integer.MAX_VALUE - 100})
    void scoresDependOnTheDistanceAloneHoweverFarAText(long first) {
        long[] distances = {0, 1, 2, 3, 17, 100};
        int headDim = 64;
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray query = normal(manager, new Shape(1, 1, headDim));
            NDArray key = normal(manager, new Shape(1, 1, headDim));
            double[] beginning = scores(query, key, 0, distances);
            double[] far = scores(query, key, first, distances);
            double norms = Math.sqrt(dot(query, query) * dot(key, key));
            assertArrayEquals(beginning, far, 1e-6 * norms);
            for (int i = 1; i < distances.length; i++) {
                assertTrue(Math.abs(far[i] - far[i - 1]) > 1e-3 * norms); // they do depend on it
            }
        }
    }

    private static double[] scores(NDArray query, NDArray key, long first, long... distances) {
        RotaryConfig config = new RotaryConfig(10_000, 1);
        NDManager manager = query.getManager();
        int headDim = (int) key.getShape().get(2);
        NDArray turned = rotated(headDim, config, key, manager.create(new long[] {first}));
        double[] scores = new double[distances.length];
        for (int i = 0; i < scores.length; i++) {
            NDArray position = manager.create(new long[] {first + distances[i]});
            scores[i] = dot(rotated(headDim, config, query, position), turned);
        }
        return scores;
    }

    private static double dot(NDArray a, NDArray b) {
        float[] left = a.toFloatArray();
        float[] right = b.toFloatArray();
        double sum = 0;
        for (int i = 0; i < left.length; i++) {
            sum += (double) left[i] * right[i];
        }
        return sum;
    }

    @Test
    void leavesTheRestOfAPartlyRotatedHeadAlone() {
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray x = normal(manager, new Shape(3, 2, 12));
            NDArray positions = manager.create(new long[] {0, 1, 700});
            NDArray turned = rotated(12, new RotaryConfig(10_000, 1, 0.5), x, positions);
            NDArray half = x.get(":, :, :6").duplicate();
            assertArrayEquals(
                    rotated(6, new RotaryConfig(10_000, 1), half, positions).toFloatArray(),
                    turned.get(":, :, :6").toFloatArray());
            assertArrayEquals(
                    x.get(":, :, 6:").toFloatArray(), turned.get(":, :, 6:").toFloatArray());
        }
    }

    private static NDArray rotated(int headDim, RotaryConfig config, NDArray x, NDArray positions) {
        RotaryEmbedding rotary = new RotaryEmbedding(headDim, config);
        rotary.initialize(x.getManager(), DataType.FLOAT32, new Shape(1));
        ParameterStore store = new ParameterStore(x.getManager(), false);
        return rotary.forward(store, new NDList(x, positions), false).singletonOrThrow();
    }
}
