package io.github.lapidary.config;

import static io.github.lapidary.config.LayerKind.FULL_ATTENTION;
import static io.github.lapidary.config.LayerKind.RECURRENT;
import static io.github.lapidary.config.LayerKind.SLIDING_ATTENTION;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.lapidary.config.GemmaConfig.Version;
import io.github.lapidary.config.GlamConfig.ExpertActivation;
import io.github.lapidary.config.GlamConfig.SecondExpertPolicy;
import io.github.lapidary.file.MalformedFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelConfigReaderTest {

    private static final RotaryConfig LOCAL = new RotaryConfig(10_000, 1);
    private static final SpecialTokens BASE = new SpecialTokens(2, List.of(1), 0);

    @Test
    void readsGemma1WithOneKeyValueHead() throws IOException {
        GemmaConfig expected =
                new GemmaConfig(
                        Version.GEMMA,
                        640,
                        64,
                        192,
                        4,
                        1,
                        16,
                        List.of(FULL_ATTENTION, FULL_ATTENTION),
                        OptionalInt.empty(),
                        16,
                        1e-6,
                        8192,
                        OptionalDouble.empty(),
                        OptionalDouble.empty(),
                        LOCAL,
                        LOCAL,
                        BASE);
        assertEquals(expected, ModelConfigReader.read(Fixtures.tiny("gemma1_mqa")));
    }

    @Test
    void readsGemma1WithAsManyKeyValueHeads() throws IOException {
        GemmaConfig expected =
                new GemmaConfig(
                        Version.GEMMA,
                        640,
                        64,
                        160,
                        4,
                        4,
                        24,
                        List.of(FULL_ATTENTION, FULL_ATTENTION, FULL_ATTENTION),
                        OptionalInt.empty(),
                        24,
                        1e-6,
                        8192,
                        OptionalDouble.empty(),
                        OptionalDouble.empty(),
                        LOCAL,
                        LOCAL,
                        BASE);
        assertEquals(expected, ModelConfigReader.read(Fixtures.tiny("gemma1_mha")));
    }

    @Test
    void readsGemma2InTheReleasedStyle() throws IOException {
        GemmaConfig expected =
                new GemmaConfig(
                        Version.GEMMA2,
                        640,
                        72,
                        144,
                        4,
                        2,
                        32,
                        List.of(
                                SLIDING_ATTENTION,
                                FULL_ATTENTION,
                                SLIDING_ATTENTION,
                                FULL_ATTENTION),
                        OptionalInt.of(8),
                        20,
                        1e-6,
                        8192,
                        OptionalDouble.of(10),
                        OptionalDouble.of(30),
                        LOCAL,
                        LOCAL,
                        BASE);
        assertEquals(expected, ModelConfigReader.read(Fixtures.tiny("gemma2")));
    }

    @Test
    void readsGemma2InTheStyleOfTransformers5() throws IOException {
        GemmaConfig expected =
                new GemmaConfig(
                        Version.GEMMA2,
                        640,
                        64,
                        128,
                        2,
                        1,
                        32,
                        List.of(SLIDING_ATTENTION, FULL_ATTENTION, SLIDING_ATTENTION),
                        OptionalInt.of(6),
                        32,
                        1e-6,
                        8192,
                        OptionalDouble.of(50),
                        OptionalDouble.of(30),
                        LOCAL,
                        LOCAL,
                        BASE);
        assertEquals(expected, ModelConfigReader.read(Fixtures.tiny("gemma2_bf16")));
    }

    @Test
    void readsGemma3InTheStyleOfTransformers5() throws IOException {
        GemmaConfig expected =
                new GemmaConfig(
                        Version.GEMMA3,
                        656,
                        64,
                        128,
                        4,
                        1,
                        24,
                        List.of(
                                SLIDING_ATTENTION,
                                SLIDING_ATTENTION,
                                SLIDING_ATTENTION,
                                SLIDING_ATTENTION,
                                SLIDING_ATTENTION,
                                FULL_ATTENTION),
                        OptionalInt.of(10),
                        24,
                        1e-6,
                        32_768,
                        OptionalDouble.empty(),
                        OptionalDouble.empty(),
                        new RotaryConfig(1_000_000, 1),
                        LOCAL,
                        new SpecialTokens(2, List.of(1, 13), 0));
        assertEquals(expected, ModelConfigReader.read(Fixtures.tiny("gemma3_mqa")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemma3_ropescale", "gemma3_multimodal_layout"})
    void readsGemma3InTheReleasedStyleAloneAndInsideAMultimodalConfig(String name)
            throws IOException {
        GemmaConfig expected =
                new GemmaConfig(
                        Version.GEMMA3,
                        656,
                        72,
                        128,
                        4,
                        2,
                        32,
                        List.of(
                                SLIDING_ATTENTION,
                                SLIDING_ATTENTION,
                                SLIDING_ATTENTION,
                                SLIDING_ATTENTION,
                                SLIDING_ATTENTION,
                                FULL_ATTENTION,
                                SLIDING_ATTENTION),
                        OptionalInt.of(8),
                        40,
                        1e-6,
                        131_072,
                        OptionalDouble.empty(),
                        OptionalDouble.empty(),
                        new RotaryConfig(1_000_000, 8),
                        LOCAL,
                        new SpecialTokens(2, List.of(1, 13), 0));
        assertEquals(expected, ModelConfigReader.read(Fixtures.tiny(name)));
    }

    @Test
    void readsRecurrentGemmaInTheReleasedStyle() throws IOException {
        RecurrentGemmaConfig expected =
                new RecurrentGemmaConfig(
                        640,
                        80,
                        240,
                        4,
                        1,
                        20,
                        List.of(RECURRENT, RECURRENT, SLIDING_ATTENTION, RECURRENT, RECURRENT),
                        96,
                        4,
                        8,
                        false,
                        1e-6,
                        30,
                        new RotaryConfig(10_000, 1, 0.5),
                        BASE);
        assertEquals(expected, ModelConfigReader.read(Fixtures.tiny("recurrentgemma")));
    }

    @Test
    void readsRecurrentGemmaInTheStyleOfTransformers5() throws IOException {
        RecurrentGemmaConfig expected =
                new RecurrentGemmaConfig(
                        640,
                        64,
                        192,
                        2,
                        1,
                        32,
                        List.of(RECURRENT, RECURRENT, SLIDING_ATTENTION),
                        64,
                        4,
                        6,
                        false,
                        1e-6,
                        30,
                        new RotaryConfig(10_000, 1, 0.5),
                        BASE);
        assertEquals(expected, ModelConfigReader.read(Fixtures.tiny("recurrentgemma_bf16")));
    }

    @Test
    void readsGlam() throws IOException {
        assertEquals(glam(), ModelConfigReader.read(Fixtures.tiny("glam")));
    }

    @Test
    void readsGlamWithOtherChoices() throws IOException {
        GlamConfig expected =
                new GlamConfig(
                        640,
                        40,
                        80,
                        80,
                        4,
                        2,
                        24,
                        6,
                        2,
                        1,
                        ExpertActivation.GELU_PYTORCH_TANH,
                        false,
                        1e-6,
                        0.2041241452319315,
                        OptionalDouble.empty(),
                        16,
                        32,
                        false,
                        true,
                        1024,
                        OptionalDouble.empty(),
                        SecondExpertPolicy.ALL,
                        0,
                        false,
                        0.01,
                        1e-4,
                        0,
                        0,
                        BASE);
        assertEquals(expected, ModelConfigReader.read(Fixtures.tiny("glam_alt")));
    }

    @Test
    void aGlamWithoutItsChoicesIsTheReferences() throws IOException {
        JsonObject json = Fixtures.tinyJson("glam");
        List.of(
                        "num_experts_per_tok",
                        "moe_layer_freq",
                        "moe_layer_offset",
                        "expert_activation",
                        "expert_gated",
                        "attention_scale",
                        "attention_extra_logit",
                        "relative_attention_num_buckets",
                        "relative_attention_max_distance",
                        "scale_embeddings",
                        "scale_decoder_outputs",
                        "capacity_factor",
                        "second_expert_policy",
                        "second_expert_threshold",
                        "normalize_gates_before_capacity",
                        "aux_loss_coef",
                        "z_loss_coef")
                .forEach(json::remove);
        assertEquals(glam(), Fixtures.parse(json));
    }

    @Test
    void aGlamWithoutExpertsIsDense() throws IOException {
        JsonObject json = Fixtures.tinyJson("glam");
        json.addProperty("num_experts", 0);
        json.remove("moe_intermediate_size");
        GlamConfig dense = (GlamConfig) Fixtures.parse(json);
        assertEquals(
                List.of(false, false, false, false),
                IntStream.range(0, 4).mapToObj(dense::isSparse).toList());
        assertEquals(
                List.of(true, false, true, false),
                IntStream.range(0, 4).mapToObj(glam()::isSparse).toList());
    }

    /** No number of experts, heads or layers has to divide another. */
    @Test
    void aGlamNeedsNoMultiples() throws IOException {
        JsonObject json = Fixtures.tinyJson("glam");
        json.addProperty("num_hidden_layers", 5);
        json.addProperty("moe_layer_freq", 3);
        json.addProperty("moe_layer_offset", 1);
        json.addProperty("num_experts", 7);
        json.addProperty("num_attention_heads", 5);
        json.addProperty("head_dim", 11);
        json.addProperty("hidden_size", 49);
        GlamConfig config = (GlamConfig) Fixtures.parse(json);
        assertEquals(
                List.of(false, true, false, false, true),
                IntStream.range(0, 5).mapToObj(config::isSparse).toList());
        assertEquals(7, config.numExperts());
    }

    private static GlamConfig glam() {
        return new GlamConfig(
                640,
                48,
                96,
                80,
                4,
                4,
                16,
                8,
                2,
                0,
                ExpertActivation.RELU,
                false,
                1e-6,
                1,
                OptionalDouble.of(0),
                32,
                128,
                false,
                true,
                1024,
                OptionalDouble.empty(),
                SecondExpertPolicy.ALL,
                0,
                true,
                0.01,
                1e-4,
                0,
                0,
                BASE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gemma1_mha",
                "gemma1_mqa",
                "gemma2",
                "gemma2_bf16",
                "gemma3_mqa",
                "gemma3_multimodal_layout",
                "gemma3_ropescale",
                "recurrentgemma",
                "recurrentgemma_bf16"
            })
    void readsTheSameFromBothStylesOfATinyModel(String name) throws IOException {
        assertEquals(
                Fixtures.parse(Fixtures.tinyJson(name)),
                Fixtures.parse(Fixtures.transformers5Json(name)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gemma-2b",
                "codegemma-7b",
                "gemma-2-27b",
                "gemma-3-1b",
                "gemma-3-4b (text_config)",
                "gemma-3-27b (text_config)",
                "recurrentgemma-2b",
                "recurrentgemma-9b"
            })
    void readsTheSameFromBothStylesOfAReleasedModel(String name) throws IOException {
        assertEquals(
                Fixtures.parse(Fixtures.releasedJson(name)),
                Fixtures.parse(Fixtures.transformers5Json(name)));
    }

    @Test
    void fillsInATextConfigAsTransformersDoes() throws IOException {
        String sizesOnly =
                """
                {"model_type": "gemma3", "text_config":
                 {"hidden_size": 2560, "intermediate_size": 10240, "num_hidden_layers": 34}}
                """;
        assertEquals(
                Fixtures.parse(Fixtures.transformers5Json("sparse")), Fixtures.parse(sizesOnly));
    }

    @Test
    void takesTheEndsOfATextFromTheGenerationConfig(@TempDir Path folder) throws IOException {
        Files.writeString(
                folder.resolve("config.json"), Fixtures.releasedJson("gemma-3-1b").toString());
        Files.writeString(
                folder.resolve("generation_config.json"), "{\"eos_token_id\": [1, 106, 106]}");

        ModelConfig config = ModelConfigReader.read(folder);

        assertEquals(new SpecialTokens(2, List.of(1, 106), 0), config.specialTokens());
    }

    @Test
    void layerTypesDecideAgainstThePatternThatTransformersAlwaysWrites() throws IOException {
        JsonObject json = Fixtures.transformers5Json("gemma3_ropescale");
        JsonArray layerTypes = new JsonArray();
        for (int i = 0; i < 7; i++) {
            layerTypes.add("full_attention");
        }
        json.add("layer_types", layerTypes);
        json.add("sliding_window", null);
        json.remove("sliding_window_pattern"); // kept from the released style

        GemmaConfig config = (GemmaConfig) Fixtures.parse(json);

        assertEquals(6, json.get("_sliding_window_pattern").getAsInt());
        assertEquals(LayerKind.repeating(1, 7), config.layerKinds());
        assertEquals(OptionalInt.empty(), config.slidingWindow());
    }

    @Test
    void saysThatTheConfigIsMissing(@TempDir Path folder) {
        NoSuchFileException e =
                assertThrows(NoSuchFileException.class, () -> ModelConfigReader.read(folder));
        assertTrue(e.getMessage().startsWith(folder.resolve("config.json").toString()));
    }

    @Test
    void refusesABrokenGenerationConfig(@TempDir Path folder) throws IOException {
        Files.writeString(
                folder.resolve("config.json"), Fixtures.releasedJson("gemma-3-1b").toString());
        Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\": \"1\"}");

        MalformedFileException e =
                assertThrows(MalformedFileException.class, () -> ModelConfigReader.read(folder));
        assertEquals(
                folder.resolve("generation_config.json")
                        + ": eos_token_id: expected an integer of 32 bits, found \"1\".",
                e.getMessage());
    }
}
