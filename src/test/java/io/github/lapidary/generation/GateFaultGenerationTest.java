package io.github.lapidary.generation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.index.NDIndex;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.LoadOptions;
import io.github.lapidary.Tiny;
import io.github.lapidary.kernel.format.WeightFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A gate that gives no number in a generation names the request and the token of its text. */
@Timeout(60)
class GateFaultGenerationTest {

    private static final String BIASES = "layers.3.self_attn.relative_attention_bias.weight";

    private static GenerationRequest request(int promptTokens, int newTokens) {
        return new GenerationRequest(
                Tiny.prompt(promptTokens),
                GenerationOptions.builder().maxNewTokens(newTokens).ignoreEos(true).build());
    }

    /** The first has ended by then, so that the second is the first of the last passes. */
    @Test
    void requestsAreCountedFromTheFirstThoughItHasEnded() throws Exception {
        LoadOptions exact = LoadOptions.defaults().withFormat(WeightFormat.FLOAT32);
        try (LanguageModel model = LanguageModel.load(Tiny.path("glam_alt"), exact)) {
            model.block()
                    .parametersByPath()
                    .get(BIASES)
                    .getArray()
                    .set(new NDIndex("6, :"), Float.NaN);
            assertFault(
                    "token 6 of sequence 1",
                    model,
                    List.of(request(3, 1), request(4, 20), request(2, 2)));
            assertFault("token 6", model, List.of(request(5, 20)));
            assertFault("token 11", model, List.of(request(12, 20)));
        }
    }

    private static void assertFault(
            String token, LanguageModel model, List<GenerationRequest> requests) {
        ArithmeticException e =
                assertThrows(ArithmeticException.class, () -> model.generate(requests));
        assertEquals(
                "The gate of layer 3 gives nan for %s: its weight or the token is not finite."
                        .formatted(token),
                e.getMessage());
    }
}
