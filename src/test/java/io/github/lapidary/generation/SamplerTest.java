package io.github.lapidary.generation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SamplerTest {

    private static final float NOTHING = Float.NEGATIVE_INFINITY;

    @Test
    void greedyTakesTheLowestIdAmongEquals() {
        float[] logits = {NOTHING, -3, -1, -2, -1};
        assertEquals(2, Sampler.greedy().sample(logits, new SplittableRandom(1)));
    }

    @Test
    void everySamplerRefusesLogitsThatAreNoNumbers() {
        for (Sampler sampler : samplers()) {
            assertEquals(
                    "The logit of token 2 is NaN; expected a finite number or -Infinity.",
                    refusal(sampler, 1, 0, Float.NaN, 3));
            assertEquals(
                    "The logit of token 0 is NaN; expected a finite number or -Infinity.",
                    refusal(sampler, Float.NaN, NOTHING));
            assertEquals(
                    "The logit of token 1 is Infinity; expected a finite number or -Infinity.",
                    refusal(sampler, 1, Float.POSITIVE_INFINITY));
            assertEquals(
                    "None of the 2 logits is above -Infinity; at least one token must be possible.",
                    refusal(sampler, NOTHING, NOTHING));
        }
    }

    private static List<Sampler> samplers() {
        return List.of(
                Sampler.of(GenerationOptions.defaults()),
                Sampler.of(GenerationOptions.builder().temperature(1).build()),
                Sampler.of(GenerationOptions.builder().topK(1).topP(0.5).minP(0.1).build()));
    }

    private static String refusal(Sampler sampler, float... logits) {
        return assertThrows(
                        ArithmeticException.class,
                        () -> sampler.sample(logits, new SplittableRandom(1)))
                .getMessage();
    }
}
