package io.github.lapidary.generation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LogProbabilitiesTest {

    @Test
    void areTheLogarithmsOfTheSoftmax() {
        float shift = 50; // changes nothing, but would overflow a float's exponential
        float[] logits = {
            shift + (float) Math.log(1), shift + (float) Math.log(2), shift + (float) Math.log(5)
        };
        LogProbabilities result = LogProbabilities.of(logits, 0, 2);
        assertEquals(Math.log(0.125), result.chosen(), 1e-5);
        assertEquals(List.of(2, 1), ids(result));
        assertEquals(Math.log(0.625), result.top().get(0).logProbability(), 1e-5);
        assertEquals(Math.log(0.25), result.top().get(1).logProbability(), 1e-5);
    }

    @Test
    void sumToOneOverAVocabularyOfFullSize() {
        int size = 262_144;
        float[] flat = new float[size];
        assertEquals(-Math.log(size), LogProbabilities.of(flat, 7, 0).chosen(), 1e-12);
    }

    @Test
    void topIsWhatSortingGives() {
        var random = new SplittableRandom(3);
        for (int i = 0; i < 500; i++) {
            float[] logits = new float[random.nextInt(1, 60)];
            for (int id = 0; id < logits.length; id++) {
                int level = random.nextInt(-10, 10);
                logits[id] = level == -10 ? Float.NEGATIVE_INFINITY : level;
            }
            logits[0] = 1;
            int count = random.nextInt(0, 21);
            List<Integer> expected =
                    IntStream.range(0, logits.length)
                            .boxed()
                            .sorted(Comparator.comparingDouble(id -> -logits[id]))
                            .limit(count)
                            .toList();
            assertEquals(expected, ids(LogProbabilities.of(logits, 0, count)));
        }
    }

    @Test
    void badCallsAndBadLogitsAreRefused() {
        float[] logits = {1, Float.NaN};
        assertThrows(ArithmeticException.class, () -> LogProbabilities.of(logits, 0, 1));
        assertEquals(
                "Token 2 is outside the vocabulary; there are logits for 2 tokens.",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> LogProbabilities.of(logits, 2, 1))
                        .getMessage());
        assertThrows(IllegalArgumentException.class, () -> LogProbabilities.of(logits, -1, 1));
        assertThrows(IllegalArgumentException.class, () -> LogProbabilities.of(logits, 0, -1));
    }

    private static List<Integer> ids(LogProbabilities result) {
        return result.top().stream().map(LogProbabilities.Entry::id).toList();
    }
}
