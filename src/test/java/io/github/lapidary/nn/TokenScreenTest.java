package io.github.lapidary.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.kernel.format.Tensors;
import io.github.lapidary.kernel.format.WeightFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** {@link TokenEmbedding#likely}, with and without a screen, beside all logits. */
class TokenScreenTest {

    /** More calls than a screen takes to grow. */
    private static final int GROWTH = 50;

    private final NDManager manager = NDManager.newBaseManager();
    private final Random random = new Random(7);

    @AfterEach
    void close() {
        manager.close();
    }

    private TokenEmbedding embedding(float[][] rows, double softcap, WeightFormat format) {
        TokenEmbedding embedding = new TokenEmbedding(rows.length, rows[0].length, 1, softcap);
        embedding.initialize(manager, DataType.FLOAT32, new Shape(1));
        replace(embedding, rows, format);
        return embedding;
    }

    private void replace(TokenEmbedding embedding, float[][] rows, WeightFormat format) {
        try (Tensors tensors = new Tensors(manager);
                NDArray exact = manager.create(rows)) {
            KernelParameters.replace(
                    embedding.getDirectParameters().valueAt(0),
                    tensors.joined(List.of(exact), format));
        }
        embedding.setFormat(format);
    }

    private float[][] normal(int rows, int columns) {
        float[][] numbers = new float[rows][columns];
        for (float[] row : numbers) {
            for (int i = 0; i < columns; i++) {
                row[i] = (float) random.nextGaussian();
            }
        }
        return numbers;
    }

    /** Returns what is likely of one row, [id, logit] each. */
    private double[][] likely(TokenEmbedding embedding, float[] x, int k) {
        return likely(embedding, new float[][] {x}, k)[0];
    }

    private double[][][] likely(TokenEmbedding embedding, float[][] x, int k) {
        double[][][] lists = new double[x.length][][];
        try (NDArray rows = manager.create(x);
                NDArray found = embedding.likely(rows, k)) {
            double[] numbers = found.toDoubleArray();
            for (int row = 0; row < x.length; row++) {
                int own = row;
                lists[row] =
                        IntStream.range(0, numbers.length / 3)
                                .filter(i -> numbers[3 * i] == own)
                                .mapToObj(i -> Arrays.copyOfRange(numbers, 3 * i + 1, 3 * i + 3))
                                .toArray(double[][]::new);
            }
            return lists;
        }
    }

    private float[] logits(TokenEmbedding embedding, float[] x) {
        try (NDArray row = manager.create(new float[][] {x});
                NDArray logits = embedding.logits(null, row, false)) {
            return logits.toFloatArray();
        }
    }

    private void grow(TokenEmbedding embedding, int width) {
        embedding.screen();
        for (int i = 0; i < GROWTH; i++) {
            likely(embedding, new float[width], 1);
        }
        assumeTrue(
                embedding.isScreened() || hasIntegerProducts(),
                "this processor has no exact products of integers");
        assertTrue(embedding.isScreened());
    }

    private static boolean hasIntegerProducts() {
        try {
            return Files.readString(Path.of("/proc/cpuinfo")).contains("vnni");
        } catch (IOException e) {
            return false; // no Linux
        }
    }

    /** Returns how many tokens were listed: all of the k likeliest, with the logits of all. */
    private int check(TokenEmbedding embedding, float[] x, int k) {
        float[] logits = logits(embedding, x);
        double[][] found = likely(embedding, x, k);
        float[] sorted = logits.clone();
        Arrays.sort(sorted);
        float last = sorted[sorted.length - k];
        int next = 0;
        for (int id = 0; id < logits.length; id++) {
            boolean listed = next < found.length && found[next][0] == id;
            assertTrue(listed || logits[id] < last, () -> "one of the likeliest is missing");
            if (listed) {
                assertEquals(logits[id], found[next][1], 1e-6 * Math.abs(logits[id]));
                next++;
            }
        }
        assertEquals(found.length, next, "ids rise, each once");
        return found.length;
    }

    @ParameterizedTest
    @CsvSource({
        "1000, 64, 1, FLOAT32",
        "1000, 64, 1, BFLOAT16",
        "4096, 640, 1, BFLOAT16",
        "4096, 640, 64, BFLOAT16",
        "4096, 640, 1000, BFLOAT16",
        "777, 2560, 5, BFLOAT16",
        "65, 32, 65, BFLOAT16",
        "7, 32, 2, FLOAT32"
    })
    void listsTheLikeliestWithTheirLogits(int vocabSize, int width, int k, WeightFormat format) {
        TokenEmbedding embedding = embedding(normal(vocabSize, width), 0, format);
        for (float[] x : normal(3, width)) {
            check(embedding, x, k);
        }
        grow(embedding, width);
        for (float[] x : normal(20, width)) {
            int listed = check(embedding, x, k);
            if (k == 1) {
                assertTrue(listed < k + vocabSize / 20, "few others, but " + listed);
            }
            x[width / 2] = 300; // one that is far larger than the rest
            check(embedding, x, k);
        }
    }

    /** Rows and x that rounding to units puts at the ends of their bounds. */
    @Test
    void boundsHoldWhereUnitsAreCoarse() {
        float[][] rows = normal(512, 64);
        for (float[] row : rows) {
            for (int i = 1; i < row.length; i++) {
                row[i] = (random.nextInt(3) - 1) * 0.499f / 127; // lost in units of 1 / 127
            }
            row[0] = 1;
        }
        TokenEmbedding embedding = embedding(rows, 0, WeightFormat.FLOAT32);
        grow(embedding, 64);
        for (int i = 0; i < 20; i++) {
            float[] x = new float[64];
            for (int j = 1; j < 64; j++) {
                x[j] = random.nextBoolean() ? 1 : -1;
            }
            check(embedding, x, 3);
        }
    }

    @ParameterizedTest
    @EnumSource(WeightFormat.class)
    void equalsAreAllListed(WeightFormat format) {
        float[][] rows = normal(640, 64);
        rows[600] = rows[100].clone();
        rows[5] = rows[100].clone();
        TokenEmbedding embedding = embedding(rows, 0, format);
        for (int i = 0; i < 2; i++) {
            double[][] found = likely(embedding, rows[100], 1);
            List<Double> ids = Arrays.stream(found).map(token -> token[0]).toList();
            assertTrue(ids.containsAll(List.of(5.0, 100.0, 600.0)), ids::toString);
            grow(embedding, 64);
        }
    }

    /** tanh makes far larger logits equal, of which the lowest id counts. */
    @Test
    void whatTheCapMakesEqualIsListed() {
        float[][] rows = normal(640, 64);
        float[] x = normal(1, 64)[0];
        rows[300] = x.clone();
        rows[400] = x.clone();
        for (int i = 0; i < 64; i++) {
            rows[300][i] *= 10;
            rows[400][i] *= 20;
        }
        TokenEmbedding embedding = embedding(rows, 30, WeightFormat.BFLOAT16);
        assertEquals(30, logits(embedding, x)[300]);
        for (int i = 0; i < 2; i++) {
            check(embedding, x, 1);
            grow(embedding, 64);
        }
    }

    @Test
    void rowsAreListedEachByItself() {
        TokenEmbedding embedding = embedding(normal(2000, 64), 0, WeightFormat.BFLOAT16);
        float[][] x = normal(4, 64);
        x[1][3] = Float.NaN;
        x[3][3] = Float.POSITIVE_INFINITY;
        for (int i = 0; i < 2; i++) {
            double[][][] found = likely(embedding, x, 3);
            assertArrayEquals(likely(embedding, x[0], 3), found[0]);
            assertEquals(
                    0, found[1].length, "round " + i + java.util.Arrays.deepToString(found[1]));
            assertArrayEquals(likely(embedding, x[2], 3), found[2]);
            assertEquals(0, found[3].length);
            grow(embedding, 64);
        }
    }

    /** The arithmetic is the same before, while and after a screen grows. */
    @Test
    void growingChangesNothing() {
        TokenEmbedding embedding = embedding(normal(1000, 64), 0, WeightFormat.BFLOAT16);
        float[] x = normal(1, 64)[0];
        embedding.screen();
        for (int i = 0; i < GROWTH; i++) {
            check(embedding, x, 4);
        }
    }

    @Test
    void anotherWeightNeedsAnotherScreen() {
        TokenEmbedding embedding = embedding(normal(1000, 64), 0, WeightFormat.BFLOAT16);
        grow(embedding, 64);
        replace(embedding, normal(1000, 64), WeightFormat.BFLOAT16);
        check(embedding, normal(1, 64)[0], 1);
        assertTrue(!embedding.isScreened());
    }

    @Test
    void weightsThatAreNotFiniteAreNotScreened() {
        float[][] rows = normal(1000, 64);
        rows[17][3] = Float.NaN;
        TokenEmbedding embedding = embedding(rows, 0, WeightFormat.BFLOAT16);
        embedding.screen();
        for (int i = 0; i < GROWTH; i++) {
            assertEquals(0, likely(embedding, normal(1, 64)[0], 1).length);
        }
        assertTrue(!embedding.isScreened());
    }
}
