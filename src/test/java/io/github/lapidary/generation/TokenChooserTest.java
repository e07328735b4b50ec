package io.github.lapidary.generation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TokenChooserTest {

    private static final int[] PROMPT = {0};

    @Test
    void theSameSeedGivesTheSameTokensOnEveryJvm() {
        // Computed from the definition of SplitMix64: floor(32 u) of its first eight numbers.
        assertEquals(List.of(23, 5, 8, 11, 1, 27, 6, 25), draw(42));
        assertEquals(draw(42), draw(42));
        assertNotEquals(draw(42), draw(43));
    }

    @Test
    void withoutASeedGenerationsDiffer() {
        GenerationOptions options = GenerationOptions.builder().temperature(1).build();
        assertNotEquals(draw(options, 40), draw(options, 40));
    }

    @Test
    void penaltiesRememberWhatWasChosen() {
        var options = GenerationOptions.builder().presencePenalty(2).build();
        var chooser = new TokenChooser(options, PROMPT, 3);
        float[] logits = {3, 2.5f, 2};
        assertEquals(0, chooser.next(logits).id());
        assertEquals(1, chooser.next(logits).id());
        assertEquals(2, chooser.next(logits).id());
        assertEquals(0, chooser.next(logits).id());
    }

    @Test
    void logProbabilitiesAreThoseOfTheModel() {
        var options =
                GenerationOptions.builder()
                        .temperature(0.1)
                        .topK(1)
                        .logitBias(Map.of(2, 100f))
                        .topLogprobs(1)
                        .build();
        float[] logits = {(float) Math.log(3), 0, 0};
        TokenChooser.Choice choice = new TokenChooser(options, PROMPT, 3).next(logits);
        assertEquals(2, choice.id());
        LogProbabilities found = choice.logProbabilities().orElseThrow();
        assertEquals(Math.log(0.2), found.chosen(), 1e-6);
        assertEquals(0, found.top().get(0).id());
        assertEquals(Math.log(0.6), found.top().get(0).logProbability(), 1e-6);
    }

    @Test
    void logProbabilitiesAreOnlyComputedOnDemand() {
        var chooser = new TokenChooser(GenerationOptions.defaults(), PROMPT, 3);
        assertEquals(
                new TokenChooser.Choice(1, Optional.empty()), chooser.next(new float[] {0, 1, 0}));
    }

    @Test
    void refusesLogitsOfAnotherVocabulary() {
        var chooser = new TokenChooser(GenerationOptions.defaults(), PROMPT, 3);
        assertEquals(
                "Expected 3 logits; found 4.",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> chooser.next(new float[] {0, 1, 0, 2}))
                        .getMessage());
    }

    private static List<Integer> draw(long seed) {
        return draw(GenerationOptions.builder().temperature(1).seed(seed).build(), 8);
    }

    private static List<Integer> draw(GenerationOptions options, int count) {
        float[] logits = new float[32];
        var chooser = new TokenChooser(options, PROMPT, logits.length);
        return IntStream.range(0, count).mapToObj(i -> chooser.next(logits).id()).toList();
    }
}
