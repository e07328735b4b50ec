package io.github.lapidary.generation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lapidary.config.GenerationDefaults;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class GenerationOptionsTest {

    @Test
    void greedyUntilSamplingIsAskedFor() {
        assertTrue(GenerationOptions.defaults().isGreedy());
        assertTrue(GenerationOptions.builder().seed(1).repetitionPenalty(2).build().isGreedy());
        assertEquals(1, GenerationOptions.builder().topK(5).build().temperature());
        assertEquals(1, GenerationOptions.builder().topP(0.5).build().temperature());
        assertEquals(1, GenerationOptions.builder().minP(0.5).build().temperature());
        assertFalse(GenerationOptions.builder().temperature(0.1).build().isGreedy());
        assertTrue(GenerationOptions.builder().topK(5).greedy().build().isGreedy());
        assertTrue(GenerationOptions.builder().topK(5).temperature(0).build().isGreedy());
    }

    @Test
    void whatACheckpointStatesIsReadAsTransformersDoes() {
        assertEquals(
                GenerationOptions.defaults(),
                GenerationOptions.builder(GenerationDefaults.NONE).build());
        GenerationDefaults sampling = stated(Optional.of(true), OptionalInt.of(64));
        assertEquals(
                GenerationOptions.builder()
                        .temperature(0.7)
                        .topK(64)
                        .topP(0.95)
                        .minP(0.01)
                        .repetitionPenalty(1.1)
                        .maxNewTokens(99)
                        .build(),
                GenerationOptions.builder(sampling).build());
        GenerationDefaults withoutTopK = stated(Optional.of(true), OptionalInt.empty());
        assertEquals(50, GenerationOptions.builder(withoutTopK).build().topK());
        for (Optional<Boolean> notSampling :
                List.of(Optional.of(false), Optional.<Boolean>empty())) {
            assertEquals(
                    GenerationOptions.builder().repetitionPenalty(1.1).maxNewTokens(99).build(),
                    GenerationOptions.builder(stated(notSampling, OptionalInt.of(64))).build());
        }
    }

    private static GenerationDefaults stated(Optional<Boolean> doSample, OptionalInt topK) {
        return new GenerationDefaults(
                List.of(1, 106),
                doSample,
                OptionalDouble.of(0.7),
                topK,
                OptionalDouble.of(0.95),
                OptionalDouble.of(0.01),
                OptionalDouble.of(1.1),
                OptionalInt.of(99));
    }

    @Test
    void everyInvalidValueIsNamed() {
        assertRefused(o -> o.maxNewTokens(0), "maxNewTokens allows counts from 1; found 0");
        assertRefused(o -> o.temperature(-1), "temperature allows numbers from 0; found -1.0");
        assertRefused(
                o -> o.temperature(Double.NaN), "temperature allows finite numbers; found NaN");
        assertRefused(
                o -> o.temperature(Double.POSITIVE_INFINITY),
                "temperature allows finite numbers; found Infinity");
        assertRefused(o -> o.topK(-1), "topK allows counts from 1, or 0 for all; found -1");
        assertRefused(o -> o.topP(1.01), "topP allows numbers from 0 to 1; found 1.01");
        assertRefused(o -> o.topP(Double.NaN), "topP allows numbers from 0 to 1; found NaN");
        assertRefused(o -> o.minP(-0.5), "minP allows numbers from 0 to 1; found -0.5");
        assertRefused(o -> o.minP(Double.NaN), "minP allows numbers from 0 to 1; found NaN");
        assertRefused(
                o -> o.repetitionPenalty(0), "repetitionPenalty allows numbers above 0; found 0.0");
        assertRefused(
                o -> o.repetitionPenalty(Double.NaN),
                "repetitionPenalty allows finite numbers; found NaN");
        assertRefused(
                o -> o.presencePenalty(Double.NaN),
                "presencePenalty allows finite numbers; found NaN");
        assertRefused(
                o -> o.frequencyPenalty(Double.NEGATIVE_INFINITY),
                "frequencyPenalty allows finite numbers; found -Infinity");
        assertRefused(
                o -> o.logitBias(Map.of(-1, 0f)), "logitBias allows token ids from 0; found -1");
        assertRefused(
                o -> o.logitBias(Map.of(4, Float.NaN)),
                "logitBias allows finite numbers or negative infinity; found NaN for token 4");
        assertRefused(
                o -> o.stopStrings("a", ""),
                "stopStrings allows non-empty, well-formed texts; found \"\"");
        assertRefused(
                o -> o.stopStrings("a\ud83d"),
                "stopStrings allows non-empty, well-formed texts; found \"a\ud83d\"");
        assertRefused(o -> o.stopIds(List.of(-2)), "stopIds allows token ids from 0; found -2");
        assertRefused(o -> o.topLogprobs(21), "topLogprobs allows counts from 0 to 20; found 21");
        assertRefused(o -> o.topLogprobs(-1), "topLogprobs allows counts from 0 to 20; found -1");
        assertRefused(
                o -> o.deadline(Duration.ZERO), "deadline allows times above zero; found PT0S");
    }

    @Test
    void laterChangesOfTheCallersCollectionsHaveNoEffect() {
        Map<Integer, Float> bias = new HashMap<>(Map.of(1, 2f));
        List<String> strings = new ArrayList<>(List.of("stop"));
        Set<Integer> ids = new HashSet<>(Set.of(3));
        GenerationOptions options =
                GenerationOptions.builder()
                        .logitBias(bias)
                        .stopStrings(strings)
                        .stopIds(ids)
                        .build();
        bias.clear();
        strings.clear();
        ids.clear();
        assertEquals(Map.of(1, 2f), options.logitBias());
        assertEquals(List.of("stop"), options.stopStrings());
        assertEquals(Set.of(3), options.stopIds());
    }

    private static void assertRefused(
            UnaryOperator<GenerationOptions.Builder> option, String message) {
        GenerationOptions.Builder builder = option.apply(GenerationOptions.builder());
        var refusal = assertThrows(IllegalArgumentException.class, builder::build);
        assertEquals("The option " + message + ".", refusal.getMessage());
    }
}
