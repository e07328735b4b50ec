package io.github.lapidary.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import io.github.lapidary.Golden;
import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.config.ModelConfigReader;
import io.github.lapidary.kernel.format.WeightFormat;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RandomWeightsTest {

    private static final long[] IDS = {2, 100, 200, 300, 400, 500, 600, 7, 8, 9, 10, 11};

    private static LoadedModel model(String name, WeightFormat format, long seed)
            throws IOException {
        ModelConfig config = ModelConfigReader.read(Golden.path("tiny/" + name));
        NDManager manager = NDManager.newBaseManager();
        return new LoadedModel(manager, RandomWeights.model(config, manager, format, seed));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemma1_mqa", "gemma2", "gemma3_ropescale", "recurrentgemma", "glam"})
    void givesTheSameModelForTheSameSeed(String name) throws IOException {
        try (LoadedModel first = model(name, WeightFormat.FLOAT32, 7);
                LoadedModel second = model(name, WeightFormat.FLOAT32, 7);
                LoadedModel other = model(name, WeightFormat.FLOAT32, 8);
                LoadedModel narrow = model(name, WeightFormat.BFLOAT16, 7)) {
            float[] logits = first.logits(IDS);
            assertArrayEquals(logits, second.logits(IDS));
            double spread = largestDifference(logits, other.logits(IDS));
            double rounding = largestDifference(logits, narrow.logits(IDS));
            assertTrue(rounding < spread / 10, rounding + " is not far below " + spread);
        }
    }

    private static double largestDifference(float[] a, float[] b) {
        double largest = 0;
        for (int i = 0; i < a.length; i++) {
            assertTrue(Float.isFinite(a[i]) && Float.isFinite(b[i]));
            largest = Math.max(largest, Math.abs(a[i] - b[i]));
        }
        return largest;
    }

    @Test
    void drawsTheSameNumbersHoweverTheyAreCut() {
        RandomSource source = new RandomSource(1, "layers.0.mlp.down_proj.weight");
        float[] whole = read(source, 0, 5000);
        float[] parts = new float[5000];
        for (int first = 0; first < 5000; first += 768) {
            int count = Math.min(768, 5000 - first);
            System.arraycopy(read(source, first, count), 0, parts, first, count);
        }
        assertArrayEquals(whole, parts);
        long far = 1L << 40;
        assertNotEquals(Arrays.hashCode(whole), Arrays.hashCode(read(source, far, 5000)));
    }

    @Test
    void drawsUniformlyAndIndependently() {
        int count = 1 << 20;
        float[] numbers = read(new RandomSource(1, "norm.weight"), 0, count);
        float[] ofOtherSeed = read(new RandomSource(2, "norm.weight"), 0, count);
        float[] ofOtherPath = read(new RandomSource(1, "norm.weighs"), 0, count);
        int[] bins = new int[16];
        double sum = 0;
        double squares = 0;
        double[] products = new double[4];
        double bound = 0.02 * Math.sqrt(3);
        for (int i = 0; i < count; i++) {
            double x = numbers[i];
            assertTrue(Math.abs(x) <= bound * (1 + 1e-6), "beyond the bound: " + x);
            bins[(int) Math.min(15, (x / bound + 1) * 8)]++;
            sum += x;
            squares += x * x;
            products[0] += x * ofOtherSeed[i];
            products[1] += x * ofOtherPath[i];
            products[2] += x * numbers[(i + 1) % count];
            products[3] += x * numbers[(i + 256) % count];
        }
        // Five standard errors of a fair generator.
        assertEquals(0, sum / count, 5 * 0.02 / Math.sqrt(count));
        assertEquals(0.02, Math.sqrt(squares / count), 0.02 * 5 / Math.sqrt(count));
        for (double product : products) {
            assertEquals(0, product / squares, 5 / Math.sqrt(count));
        }
        for (int bin : bins) {
            assertEquals(count / 16.0, bin, 5 * Math.sqrt(count / 16.0));
        }
    }

    private static float[] read(RandomSource source, long first, int count) {
        float[] numbers = new float[count];
        source.read(first, FloatBuffer.wrap(numbers));
        return numbers;
    }
}
