package io.github.lapidary.generation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Map;
import org.junit.jupiter.api.Test;

class PenaltiesTest {

    private static final float[] LOGITS = {2, -2, 0, 4, -4, 1};
    private static final int[] PROMPT = {0, 1, 1, 2};

    @Test
    void repetitionCountsPromptAndGeneratedTokensOnce() {
        Penalties penalties = penalties(GenerationOptions.builder().repetitionPenalty(2));
        assertArrayEquals(new float[] {1, -4, 0, 4, -4, 1}, penalties.apply(LOGITS));
        penalties.count(3);
        penalties.count(4);
        penalties.count(4);
        penalties.count(0);
        assertArrayEquals(new float[] {1, -4, 0, 2, -8, 1}, penalties.apply(LOGITS));
    }

    @Test
    void presenceAndFrequencyCountGeneratedTokensOnly() {
        Penalties penalties =
                penalties(GenerationOptions.builder().presencePenalty(0.5).frequencyPenalty(0.25));
        assertArrayEquals(LOGITS, penalties.apply(LOGITS));
        penalties.count(1);
        penalties.count(5);
        penalties.count(5);
        penalties.count(5);
        assertArrayEquals(new float[] {2, -2.75f, 0, 4, -4, -0.25f}, penalties.apply(LOGITS));
    }

    @Test
    void biasComesAfterThePenalties() {
        Penalties penalties =
                penalties(
                        GenerationOptions.builder()
                                .repetitionPenalty(2)
                                .presencePenalty(0.5)
                                .logitBias(Map.of(0, 10f, 3, Float.NEGATIVE_INFINITY)));
        penalties.count(0);
        assertArrayEquals(
                new float[] {2 / 2f - 0.5f + 10, -4, 0, Float.NEGATIVE_INFINITY, -4, 1},
                penalties.apply(LOGITS));
    }

    @Test
    void manyTokensAreRemembered() {
        int size = 1000;
        Penalties penalties =
                new Penalties(
                        GenerationOptions.builder().presencePenalty(1).build(), new int[0], size);
        float[] expected = new float[size];
        for (int id = 0; id < size; id += 3) {
            penalties.count(id);
            expected[id] = -1;
        }
        assertArrayEquals(expected, penalties.apply(new float[size]));
    }

    @Test
    void withoutPenaltiesTheLogitsAreHandedOn() {
        Penalties penalties = penalties(GenerationOptions.builder());
        penalties.count(1);
        assertSame(LOGITS, penalties.apply(LOGITS));
    }

    @Test
    void idsOutsideTheVocabularyAreRefused() {
        GenerationOptions options = GenerationOptions.builder().logitBias(Map.of(6, 1f)).build();
        assertEquals(
                "The option logitBias names token 6; the vocabulary has 6 tokens.",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> new Penalties(options, PROMPT, 6))
                        .getMessage());
        assertEquals(
                "The prompt names token -1; the vocabulary has 6 tokens.",
                assertThrows(
                                IllegalArgumentException.class,
                                () ->
                                        new Penalties(
                                                GenerationOptions.defaults(), new int[] {-1}, 6))
                        .getMessage());
    }

    private static Penalties penalties(GenerationOptions.Builder options) {
        return new Penalties(options.build(), PROMPT, LOGITS.length);
    }
}
