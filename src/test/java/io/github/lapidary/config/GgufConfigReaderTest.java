package io.github.lapidary.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lapidary.file.GgufMetadata;
import io.github.lapidary.file.MalformedFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GgufConfigReaderTest {

    private static final Path FILE = Path.of("model.gguf");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gemma-2b",
                "gemma-7b",
                "gemma-2-2b",
                "gemma-2-9b",
                "gemma-2-27b",
                "gemma-3-270m",
                "gemma-3-1b",
                "gemma-3-4b",
                "gemma-3-12b",
                "gemma-3-27b"
            })
    void readsTheReleasedModels(String name) throws IOException {
        assertEquals(Presets.get(name), read(metadata(name)));
    }

    @Test
    void readsTheKeysOfTheRealFile() throws IOException {
        Map<String, Object> values = new HashMap<>();
        values.put("general.architecture", "gemma3");
        values.put("gemma3.context_length", 32_768L);
        values.put("gemma3.embedding_length", 640L);
        values.put("gemma3.block_count", 18L);
        values.put("gemma3.feed_forward_length", 2048L);
        values.put("gemma3.attention.head_count", 4L);
        values.put("gemma3.attention.layer_norm_rms_epsilon", 9.999999974752427e-07);
        values.put("gemma3.attention.key_length", 256L);
        values.put("gemma3.attention.value_length", 256L);
        values.put("gemma3.rope.freq_base", 1_000_000.0);
        values.put("gemma3.attention.sliding_window", 512L);
        values.put("gemma3.attention.head_count_kv", 1L);
        values.put("tokenizer.ggml.tokens", Collections.nCopies(262_144, "token"));
        values.put("tokenizer.ggml.bos_token_id", 2L);
        values.put("tokenizer.ggml.eos_token_id", 1L);
        values.put("tokenizer.ggml.padding_token_id", 0L);
        assertEquals(Presets.get("gemma-3-270m"), read(values));
    }

    @Test
    void takesTheCapsAndWindowThatGemma2States() throws IOException {
        Map<String, Object> values = metadata("gemma-2-2b");
        values.put("gemma2.attn_logit_softcapping", 40.0);
        values.put("gemma2.final_logit_softcapping", 0.0);
        values.put("gemma2.attention.sliding_window", 77L);

        GemmaConfig config = read(values);

        assertEquals(OptionalDouble.of(40), config.attnLogitSoftcapping());
        assertEquals(OptionalDouble.empty(), config.finalLogitSoftcapping());
        assertEquals(OptionalInt.of(77), config.slidingWindow());
    }

    @Test
    void takesTheLayerPlanThatIsStated() throws IOException {
        String key = "gemma3.attention.sliding_window_pattern";
        Map<String, Object> values = metadata("gemma-3-270m");
        values.put(key, 3L);
        assertEquals(LayerKind.repeating(3, 18), read(values).layerKinds());

        boolean[] slides = new boolean[18];
        slides[4] = true;
        values.put(key, slides);
        List<LayerKind> expected = new ArrayList<>(LayerKind.repeating(1, 18));
        expected.set(4, LayerKind.SLIDING_ATTENTION);
        assertEquals(expected, read(values).layerKinds());

        values.put("gemma3.attention.sliding_window", 0L);
        assertEquals(LayerKind.repeating(1, 18), read(values).layerKinds());
        assertEquals(OptionalInt.empty(), read(values).slidingWindow());
    }

    @Test
    void takesTheRotaryBaseOfSlidingLayersThatIsStated() throws IOException {
        Map<String, Object> values = metadata("gemma-3-4b");
        values.put("gemma3.rope.freq_base_swa", 500.0);
        assertEquals(new RotaryConfig(500, 1), read(values).slidingRotary());
        assertEquals(new RotaryConfig(1_000_000, 8), read(values).fullRotary());

        values.put("gemma3.rope.scaling.type", "none");
        assertEquals(new RotaryConfig(1_000_000, 1), read(values).fullRotary());
    }

    @Test
    void aTextEndsWithTheTurnOfAModelThatChats() throws IOException {
        Map<String, Object> values = metadata("gemma-3-1b");
        List<String> tokens = new ArrayList<>(Collections.nCopies(262_144, "token"));
        tokens.set(106, "<end_of_turn>");
        values.put("tokenizer.ggml.tokens", tokens);
        assertEquals(List.of(1), read(values).specialTokens().eosTokenIds());

        values.put("tokenizer.chat_template", "{{ '<end_of_turn>' }}");
        assertEquals(List.of(1, 106), read(values).specialTokens().eosTokenIds());

        values.put("tokenizer.ggml.eot_token_id", 106L);
        assertEquals(List.of(1, 106), read(values).specialTokens().eosTokenIds());

        values.remove("tokenizer.chat_template");
        assertEquals(List.of(1, 106), read(values).specialTokens().eosTokenIds());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "general.architecture",
                "gemma3.context_length",
                "gemma3.embedding_length",
                "gemma3.block_count",
                "gemma3.feed_forward_length",
                "gemma3.attention.head_count",
                "gemma3.attention.head_count_kv",
                "gemma3.attention.layer_norm_rms_epsilon",
                "gemma3.attention.key_length",
                "gemma3.attention.sliding_window",
                "gemma3.rope.freq_base",
                "tokenizer.ggml.tokens",
                "tokenizer.ggml.bos_token_id",
                "tokenizer.ggml.eos_token_id"
            })
    void aMissingKeyAndAWrongTypeAreNamed(String key) {
        Map<String, Object> values = metadata("gemma-3-270m");
        values.remove(key);
        assertTrue(refusal(values).contains("the key " + key + " is missing"), refusal(values));
        values.put(key, true);
        assertTrue(refusal(values).contains("the key " + key + " holds a"), refusal(values));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "gemma3.block_count; 4294967295;"
                        + " gemma3.block_count: expected an integer of 32 bits, found 4294967295.",
                "gemma3.block_count; 100000;"
                        + " gemma3.block_count: expected 1 to 1024, found 100000.",
                "gemma3.attention.value_length; 128;"
                        + " gemma3.attention.value_length: expected gemma3.attention.key_length,"
                        + " which is 256, found 128.",
                "gemma3.rope.dimension_count; 128;"
                        + " gemma3.rope.dimension_count: expected gemma3.attention.key_length,"
                        + " which is 256, found 128.",
                "gemma3.attention.head_count; 0;"
                        + " numAttentionHeads: expected 1 to 16777216, found 0.",
                "gemma3.attention.sliding_window_pattern; 0;"
                        + " gemma3.attention.sliding_window_pattern: expected 1 or more, found 0."
            })
    void refusesNumbersOutOfRange(String key, long value, String message) {
        Map<String, Object> values = metadata("gemma-3-270m");
        values.put(key, value);
        assertEquals(FILE + ": " + message, refusal(values));
    }

    @Test
    void refusesWhatItDoesNotCompute() {
        Map<String, Object> values = metadata("gemma-3-270m");
        values.put("gemma3.rope.scaling.type", "yarn");
        assertEquals(
                FILE + ": gemma3.rope.scaling.type: expected linear or none, found yarn.",
                refusal(values));

        values.put("general.architecture", "llama");
        assertEquals(
                FILE
                        + ": general.architecture: expected gemma, gemma2 or gemma3, found"
                        + " \"llama\".",
                refusal(values));

        Map<String, Object> gemma2 = metadata("gemma-2-2b");
        gemma2.put("gemma2.rope.freq_base_swa", 500.0);
        assertTrue(refusal(gemma2).startsWith(FILE + ": slidingRotary of GEMMA2: expected "));

        Map<String, Object> shortPlan = metadata("gemma-3-270m");
        shortPlan.put("gemma3.attention.sliding_window_pattern", new boolean[17]);
        assertEquals(
                FILE
                        + ": gemma3.attention.sliding_window_pattern: expected 18 elements, as many"
                        + " as gemma3.block_count, found 17.",
                refusal(shortPlan));
    }

    /** Returns what llama.cpp's converter writes for a preset, and nothing that it may omit. */
    private static Map<String, Object> metadata(String preset) {
        GemmaConfig config = (GemmaConfig) Presets.get(preset);
        String architecture =
                switch (config.version()) {
                    case GEMMA -> "gemma";
                    case GEMMA2 -> "gemma2";
                    case GEMMA3 -> "gemma3";
                };
        Map<String, Object> values = new HashMap<>();
        values.put("general.architecture", architecture);
        String prefix = architecture + ".";
        values.put(prefix + "context_length", (long) config.maxPositionEmbeddings());
        values.put(prefix + "embedding_length", (long) config.hiddenSize());
        values.put(prefix + "block_count", (long) config.numHiddenLayers());
        values.put(prefix + "feed_forward_length", (long) config.intermediateSize());
        values.put(prefix + "attention.head_count", (long) config.numAttentionHeads());
        values.put(prefix + "attention.head_count_kv", (long) config.numKeyValueHeads());
        values.put(prefix + "attention.layer_norm_rms_epsilon", (double) 1e-6f);
        values.put(prefix + "attention.key_length", (long) config.headDim());
        values.put(prefix + "attention.value_length", (long) config.headDim());
        if (config.version() == GemmaConfig.Version.GEMMA3) {
            int window = config.slidingWindow().getAsInt();
            values.put("gemma3.attention.sliding_window", (long) window);
            values.put("gemma3.rope.freq_base", config.fullRotary().theta());
        }
        if (config.fullRotary().factor() != 1) {
            values.put("gemma3.rope.scaling.type", "linear");
            values.put("gemma3.rope.scaling.factor", config.fullRotary().factor());
        }
        values.put("tokenizer.ggml.tokens", Collections.nCopies(config.vocabSize(), "token"));
        values.put("tokenizer.ggml.bos_token_id", 2L);
        values.put("tokenizer.ggml.eos_token_id", 1L);
        return values;
    }

    private static GemmaConfig read(Map<String, Object> values) throws IOException {
        return (GemmaConfig) GgufConfigReader.read(new GgufMetadata(values), FILE);
    }

    private static String refusal(Map<String, Object> values) {
        return assertThrows(MalformedFileException.class, () -> read(values)).getMessage();
    }
}
