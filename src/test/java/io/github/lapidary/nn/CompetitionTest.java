package io.github.lapidary.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.nn.Competition.Draws;
import io.github.lapidary.nn.Competition.Use;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class CompetitionTest {

    private static final Shape SHAPE = new Shape(100, 100);

    private static float[] drawn(NDManager manager, Draws draws, int layer, Use use) {
        try (NDArray uniforms = draws.uniforms(manager, layer, use, SHAPE)) {
            assertEquals(SHAPE, uniforms.getShape());
            return uniforms.toFloatArray();
        }
    }

    @Test
    void drawsAreUniformAndDependOnKeyLayerAndUseAlone() {
        try (NDManager manager = NDManager.newBaseManager()) {
            float[] numbers = drawn(manager, Draws.of(3, 1, 0), 2, Use.JITTER);
            double sum = 0;
            double squares = 0;
            for (float number : numbers) {
                assertTrue(number >= 0 && number < 1);
                sum += number;
                squares += number * number;
            }
            assertEquals(1 / 2.0, sum / numbers.length, 0.01);
            assertEquals(1 / 3.0, squares / numbers.length, 0.01);
            assertArrayEquals(numbers, drawn(manager, Draws.of(3, 1, 0), 2, Use.JITTER));
            List<float[]> others =
                    List.of(
                            drawn(manager, Draws.of(3, 0, 1), 2, Use.JITTER),
                            drawn(manager, Draws.of(3, 1), 2, Use.JITTER),
                            drawn(manager, Draws.of(4, 1, 0), 2, Use.JITTER),
                            drawn(manager, Draws.of(3, 1, 0), 1, Use.JITTER),
                            drawn(manager, Draws.of(3, 1, 0), 2, Use.SECOND_EXPERT));
            for (float[] other : others) {
                double product = 0;
                for (int i = 0; i < numbers.length; i++) {
                    product += (numbers[i] - 0.5) * (other[i] - 0.5);
                }
                assertEquals(0, product / numbers.length, 0.005, Arrays.toString(key(other)));
            }
        }
    }

    private static float[] key(float[] numbers) {
        return Arrays.copyOf(numbers, 3);
    }
}
