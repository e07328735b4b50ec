package io.github.lapidary.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import io.github.lapidary.Golden;
import io.github.lapidary.config.RotaryConfig;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GroupedQueryAttentionTest extends BlockContract {

    private static final RotaryConfig ROTARY = new RotaryConfig(10_000, 1);
    private static final int ALL_KEYS = -1; // in place of a window

    @Override
    protected KernelBlock newBlock() {
        return new GroupedQueryAttention(
                new AttentionConfig(
                        6,
                        4,
                        2,
                        4,
                        0.5,
                        OptionalInt.of(3),
                        OptionalDouble.of(5),
                        ROTARY,
                        true,
                        false,
                        1e-6,
                        100));
    }

    @Override
    protected KernelBlock newBlockOfOtherShape() {
        return new GroupedQueryAttention(
                new AttentionConfig(
                        6,
                        4,
                        4,
                        4,
                        0.5,
                        OptionalInt.of(3),
                        OptionalDouble.of(5),
                        ROTARY,
                        true,
                        false,
                        1e-6,
                        100));
    }

    @Override
    protected String description() {
        return """
               GroupedQueryAttention(4 heads, 2 key-value heads of 4, window 3)
                   qkv_proj: Linear weight(32, 6)
                   o_proj: Linear weight(6, 16)
                   q_norm: RmsNorm weight(4)
                   k_norm: RmsNorm weight(4)
                   rotary: RotaryEmbedding""";
    }

    private static OptionalInt windowOf(int keys) {
        return keys == ALL_KEYS ? OptionalInt.empty() : OptionalInt.of(keys);
    }

    private static AttentionConfig oneHead(int size, OptionalInt window) {
        return new AttentionConfig(
                size,
                1,
                1,
                size,
                1,
                window,
                OptionalDouble.empty(),
                ROTARY,
                false,
                false,
                1e-6,
                1000);
    }

    /**
     * Returns which keys [T, T] each query sees. All scores are zero, and a token's value is the
     * unit vector of its place; so a row of the output is the mean of those it sees.
     */
    private static int[][] seen(int tokens, int window, boolean training) {
        try (NDManager manager = NDManager.newBaseManager()) {
            GroupedQueryAttention block =
                    new GroupedQueryAttention(oneHead(tokens, windowOf(window)));
            block.initialize(manager, DataType.FLOAT32, new Shape(1, tokens, tokens));
            NDArray unit = manager.eye(tokens);
            NDArray none = manager.zeros(new Shape(2L * tokens, tokens));
            none.concat(unit).copyTo(block.parametersByPath().get("qkv_proj.weight").getArray());
            unit.copyTo(block.parametersByPath().get("o_proj.weight").getArray());
            float[] means =
                    block.forward(
                                    new ParameterStore(manager, false),
                                    new NDList(unit.expandDims(0)),
                                    training)
                            .head()
                            .toFloatArray();
            int[][] seen = new int[tokens][tokens];
            for (int query = 0; query < tokens; query++) {
                int count = 0;
                for (int key = 0; key < tokens; key++) {
                    if (means[query * tokens + key] != 0) {
                        seen[query][key] = 1;
                        count++;
                    }
                }
                for (int key = 0; key < tokens; key++) {
                    double expected = seen[query][key] / (double) count;
                    assertEquals(expected, means[query * tokens + key], 1e-6);
                }
            }
            return seen;
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void queriesSeeTheKeysUpToTheirOwn(boolean training) {
        int[][] all = {
            {1, 0, 0, 0, 0, 0},
            {1, 1, 0, 0, 0, 0},
            {1, 1, 1, 0, 0, 0},
            {1, 1, 1, 1, 0, 0},
            {1, 1, 1, 1, 1, 0},
            {1, 1, 1, 1, 1, 1}
        };
        assertArrayEquals(all, seen(6, ALL_KEYS, training));
        assertArrayEquals(all, seen(6, 6, training));
        assertArrayEquals(all, seen(6, 7, training));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void windowsHoldTheirOwnKeyAndThoseBeforeIt(boolean training) {
        int[][] three = {
            {1, 0, 0, 0, 0, 0},
            {1, 1, 0, 0, 0, 0},
            {1, 1, 1, 0, 0, 0},
            {0, 1, 1, 1, 0, 0},
            {0, 0, 1, 1, 1, 0},
            {0, 0, 0, 1, 1, 1}
        };
        int[][] one = {
            {1, 0, 0, 0, 0, 0},
            {0, 1, 0, 0, 0, 0},
            {0, 0, 1, 0, 0, 0},
            {0, 0, 0, 1, 0, 0},
            {0, 0, 0, 0, 1, 0},
            {0, 0, 0, 0, 0, 1}
        };
        assertArrayEquals(three, seen(6, 3, training));
        assertArrayEquals(one, seen(6, 1, training));
    }

    /** Longer than what a kernel may take at once, with windows beside and across its bounds. */
    @ParameterizedTest
    @ValueSource(ints = {ALL_KEYS, 1, 5, 127, 128, 129, 200, 299})
    void longTextsAreMaskedAlike(int window) {
        int tokens = 300;
        int[][] expected = new int[tokens][tokens];
        for (int query = 0; query < tokens; query++) {
            int first = window == ALL_KEYS ? 0 : Math.max(0, query - window + 1);
            for (int key = first; key <= query; key++) {
                expected[query][key] = 1;
            }
        }
        assertArrayEquals(expected, seen(tokens, window, false));
    }

    /** Scores are large beside the cap, and some queries share their keys. */
    @ParameterizedTest
    @CsvSource({"4, 4, -1, 0", "4, 1, -1, 0", "4, 2, 3, 0", "4, 2, -1, 2", "6, 2, 4, 10"})
    void isTheFormulaInDoublePrecision(int heads, int keyHeads, int window, double cap) {
        int tokens = 7;
        int headDim = 4;
        int width = 5;
        AttentionConfig config =
                new AttentionConfig(
                        width,
                        heads,
                        keyHeads,
                        headDim,
                        0.7,
                        windowOf(window),
                        cap == 0 ? OptionalDouble.empty() : OptionalDouble.of(cap),
                        ROTARY,
                        false,
                        false,
                        1e-6,
                        100);
        try (NDManager manager = NDManager.newBaseManager()) {
            GroupedQueryAttention block = new GroupedQueryAttention(config);
            block.initialize(manager, DataType.FLOAT32, new Shape(1, tokens, width));
            NDArray x = normal(manager, new Shape(1, tokens, width));
            NDArray qkv = normal(manager, new Shape((heads + 2L * keyHeads) * headDim, width));
            NDArray output = normal(manager, new Shape(width, (long) heads * headDim));
            qkv.copyTo(block.parametersByPath().get("qkv_proj.weight").getArray());
            output.copyTo(block.parametersByPath().get("o_proj.weight").getArray());
            double[][] expected = attention(config, rows(x.squeeze(0)), rows(qkv), rows(output));
            float[] actual =
                    block.forward(new ParameterStore(manager, false), new NDList(x), false)
                            .head()
                            .toFloatArray();
            float[] flat = new float[tokens * width];
            for (int i = 0; i < flat.length; i++) {
                flat[i] = (float) expected[i / width][i % width];
            }
            Golden.assertClose("attention", flat, actual, 3e-5);
        }
    }

    private static double[][] rows(NDArray matrix) {
        float[] flat = matrix.toFloatArray();
        int width = Math.toIntExact(matrix.getShape().get(1));
        double[][] rows = new double[flat.length / width][width];
        for (int i = 0; i < flat.length; i++) {
            rows[i / width][i % width] = flat[i];
        }
        return rows;
    }

    private static double[][] attention(
            AttentionConfig config, double[][] x, double[][] qkv, double[][] output) {
        int n = config.numAttentionHeads();
        int k = config.numKeyValueHeads();
        int h = config.headDim();
        double[][] result = new double[x.length][];
        double[][] projected = new double[x.length][];
        for (int t = 0; t < x.length; t++) {
            projected[t] = product(qkv, x[t]);
            double[] joined = new double[n * h];
            int first = Math.max(0, t - config.slidingWindow().orElse(t + 1) + 1);
            for (int head = 0; head < n; head++) {
                int group = head / (n / k);
                double[] query = turned(projected[t], head * h, h, t);
                double[] weights = new double[t + 1];
                double sum = 0;
                for (int j = first; j <= t; j++) {
                    double[] key = turned(projected[j], (n + group) * h, h, j);
                    double score = config.scale() * dot(query, key);
                    if (config.logitSoftcapping().isPresent()) {
                        double cap = config.logitSoftcapping().getAsDouble();
                        score = cap * Math.tanh(score / cap);
                    }
                    weights[j] = Math.exp(score);
                    sum += weights[j];
                }
                for (int j = first; j <= t; j++) {
                    for (int i = 0; i < h; i++) {
                        double value = projected[j][(n + k + group) * h + i];
                        joined[head * h + i] += weights[j] / sum * value;
                    }
                }
            }
            result[t] = product(output, joined);
        }
        return result;
    }

    private static double[] turned(double[] all, int start, int size, int position) {
        double[] result = new double[size];
        for (int i = 0; i < size / 2; i++) {
            double angle = position * Math.pow(ROTARY.theta(), -2.0 * i / size);
            double a = all[start + i];
            double b = all[start + size / 2 + i];
            result[i] = a * Math.cos(angle) - b * Math.sin(angle);
            result[size / 2 + i] = b * Math.cos(angle) + a * Math.sin(angle);
        }
        return result;
    }

    private static double[] product(double[][] matrix, double[] x) {
        double[] y = new double[matrix.length];
        for (int i = 0; i < y.length; i++) {
            y[i] = dot(matrix[i], x);
        }
        return y;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    /** For the kernel none would be all keys, for the cache no key. */
    @ParameterizedTest
    @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
    void windowsWithoutAKeyAreRefused(int window) {
        IllegalArgumentException e =
                assertThrows(
                        IllegalArgumentException.class, () -> oneHead(4, OptionalInt.of(window)));
        assertEquals(
                "A sliding window must hold at least 1 key, the query's own, not "
                        + window
                        + "; leave it empty for all keys.",
                e.getMessage());
    }

    @Test
    void refusesOtherInputs() {
        try (NDManager manager = NDManager.newBaseManager()) {
            KernelBlock block = newBlock();
            block.initialize(manager, DataType.FLOAT32, new Shape(1, 2, 6));
            NDList flat = new NDList(manager.zeros(new Shape(2, 6)));
            IllegalArgumentException e =
                    assertThrows(
                            IllegalArgumentException.class,
                            () -> block.forward(new ParameterStore(manager, false), flat, false));
            assertEquals(
                    "This block takes an array [batch, tokens, width], not (2, 6).",
                    e.getMessage());
        }
    }
}
