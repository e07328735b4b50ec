package io.github.lapidary.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.Tiny;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** {@link CausalLanguageModel#largest} of rows that are longer and shorter than its blocks. */
class LargestTest {

    private static int[] largest(float[]... rows) throws Exception {
        int width = rows[0].length;
        float[] flat = new float[rows.length * width];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(rows[i], 0, flat, i * width, width);
        }
        try (NDManager manager = NDManager.newBaseManager()) {
            return Tiny.load("gemma3_mqa", manager)
                    .largest(manager.create(flat, new Shape(rows.length, width)));
        }
    }

    private static float[] row(int width, int... peaks) {
        float[] row = new float[width];
        Random random = new Random(width);
        for (int i = 0; i < width; i++) {
            row[i] = -1 - random.nextFloat();
        }
        for (int peak : peaks) {
            row[peak] = -0.5f;
        }
        return row;
    }

    @Test
    void findsTheLowestAmongEquals() throws Exception {
        for (int width : new int[] {1, 37, 511, 512, 513, 1024, 3000}) {
            int last = width - 1;
            int middle = width / 2;
            assertArrayEquals(
                    new int[] {0, middle, last, 0},
                    largest(
                            row(width, 0, last),
                            row(width, middle, last),
                            row(width, last),
                            new float[width]),
                    "width " + width);
        }
    }

    @Test
    void whatIsNotFiniteIsNoToken() throws Exception {
        float[] nan = row(1500, 3);
        nan[1400] = Float.NaN;
        float[] infinite = row(1500, 3);
        infinite[700] = Float.POSITIVE_INFINITY;
        float[] nothing = new float[1500];
        Arrays.fill(nothing, Float.NEGATIVE_INFINITY);
        assertArrayEquals(new int[] {-1, -1, -1, 3}, largest(nan, infinite, nothing, row(1500, 3)));
    }
}
