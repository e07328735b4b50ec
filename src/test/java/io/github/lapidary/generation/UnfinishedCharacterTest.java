package io.github.lapidary.generation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.lapidary.LanguageModel;
import io.github.lapidary.LoadOptions;
import io.github.lapidary.Tiny;
import io.github.lapidary.kernel.format.WeightFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Texts that end where a character has begun: that leaves no trace in them. */
class UnfinishedCharacterTest {

    private static LanguageModel model;
    private static int first;

    @BeforeAll
    static void load() throws Exception {
        model =
                LanguageModel.load(
                        Tiny.path("gemma2"),
                        LoadOptions.defaults().withFormat(WeightFormat.FLOAT32));
        first = model.tokenizer().id("<0xF0>").orElseThrow(); // of a character of four bytes
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static GenerationOptions options(int tokens) {
        return GenerationOptions.builder()
                .maxNewTokens(tokens)
                .logitBias(Map.of(first, 100f))
                .build();
    }

    private static void check(FinishReason reason, GenerationOptions options, Recorder recorder) {
        Cancellation cancellation = new Cancellation();
        GenerationListener listener =
                new GenerationListener() {
                    @Override
                    public void onToken(GeneratedToken token) {
                        recorder.onToken(token);
                        if (reason == FinishReason.CANCELLED) {
                            cancellation.cancel();
                        }
                    }

                    @Override
                    public void onText(String text) {
                        recorder.onText(text);
                    }
                };
        GenerationResult result =
                model.generate(
                                List.of(
                                        new GenerationRequest(
                                                Tiny.prompt(5), options, listener, cancellation)))
                        .get(0);
        assertEquals(reason, result.finishReason());
        assertArrayEquals(new int[] {first}, result.ids());
        assertEquals("", result.text());
        assertEquals(List.of(), recorder.texts);
        assertEquals("", recorder.tokens.get(0).text());
    }

    @Test
    void atTheLongestLength() {
        check(FinishReason.LENGTH, options(1), new Recorder());
    }

    @Test
    void whenCancelled() {
        check(FinishReason.CANCELLED, options(9), new Recorder());
    }
}
