package io.github.lapidary.config;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.lapidary.file.MalformedFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What config.json may not say, and what its reader answers. */
class ConfigRefusalTest {

    private static final String GEMMA3 = "gemma3_ropescale";

    /** Each a tiny config, keys to set in it, and the message that must follow. */
    static Stream<Arguments> refusedChanges() throws IOException {
        JsonArray rows =
                JsonParser.parseString(
                                Files.readString(
                                        Path.of("src/test/resources/config/refusals.json")))
                        .getAsJsonArray();
        return rows.asList().stream()
                .map(JsonElement::getAsJsonObject)
                .map(
                        row ->
                                arguments(
                                        row.get("config").getAsString(),
                                        row.getAsJsonObject("change"),
                                        row.get("message").getAsString()));
    }

    @ParameterizedTest
    @MethodSource("refusedChanges")
    void refusesAChange(String name, JsonObject change, String message) {
        JsonObject json = Fixtures.tinyJson(name);
        change.asMap().forEach(json::add);

        assertEquals(Fixtures.FILE + ": " + message, refusal(json.toString()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "model_type",
                "vocab_size",
                "hidden_size",
                "intermediate_size",
                "num_hidden_layers",
                "num_attention_heads",
                "num_key_value_heads",
                "head_dim",
                "hidden_activation",
                "max_position_embeddings",
                "rms_norm_eps",
                "rope_theta",
                "rope_local_base_freq",
                "rope_scaling",
                "query_pre_attn_scalar",
                "attn_logit_softcapping",
                "final_logit_softcapping",
                "sliding_window",
                "bos_token_id",
                "eos_token_id"
            })
    void aKeyThatChangesNumbersHasNoDefault(String key) {
        assertNoDefault(GEMMA3, key);
    }

    private static void assertNoDefault(String name, String key) {
        JsonObject json = Fixtures.tinyJson(name);
        json.remove(key);

        String message = refusal(json.toString());

        assertTrue(message.startsWith(Fixtures.FILE + ": " + key + ": expected "), message);
        assertTrue(message.endsWith(", found no such key."), message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "vocab_size",
                "hidden_size",
                "intermediate_size",
                "num_hidden_layers",
                "num_attention_heads",
                "num_key_value_heads",
                "head_dim",
                "lru_width",
                "conv1d_width",
                "attention_window_size",
                "hidden_activation",
                "rms_norm_eps",
                "logits_soft_cap",
                "rope_theta",
                "partial_rotary_factor",
                "bos_token_id",
                "eos_token_id"
            })
    void aKeyThatChangesNumbersOfRecurrentGemmaHasNoDefault(String key) {
        assertNoDefault("recurrentgemma", key);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "vocab_size",
                "hidden_size",
                "intermediate_size",
                "moe_intermediate_size",
                "num_hidden_layers",
                "num_attention_heads",
                "head_dim",
                "num_experts",
                "hidden_act",
                "rms_norm_eps",
                "max_position_embeddings",
                "bos_token_id",
                "eos_token_id"
            })
    void theSizesOfGlamHaveNoDefault(String key) {
        assertNoDefault("glam", key);
    }

    @Test
    void theLayerPlanHasNoDefault() {
        JsonObject json = Fixtures.tinyJson(GEMMA3);
        json.remove("sliding_window_pattern");
        assertEquals(
                Fixtures.FILE + ": layer_types: expected it or sliding_window_pattern, found none.",
                refusal(json.toString()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{",
                "{} {}",
                "{\"a\": NaN}",
                "{'a': 1}",
                "{\"a\": 1,}",
                "{\"a\": 1 // why\n}",
                "{\"model_type\": \"gemma\", \"model_type\": \"gemma2\"}"
            })
    void refusesWhatIsNotStrictJson(String text) {
        refusal(text);
    }

    @Test
    void refusesKeysThatAreThereTwice() {
        assertEquals(
                Fixtures.FILE + ": the key at $.a.b is there twice.",
                refusal("{\"a\": {\"b\": 1, \"b\": 2}}"));
    }

    @Test
    void refusesDeepNestingBeforeTheStackEnds() {
        refusal("{\"a\": " + "[".repeat(100_000) + "]".repeat(100_000) + "}");
    }

    @Test
    void refusesBytesThatAreNotUtf8() {
        byte[] bytes = "{\"model_type\": \"é\"}".getBytes(ISO_8859_1);
        MalformedFileException e =
                assertThrows(
                        MalformedFileException.class, () -> ConfigJson.parse(Fixtures.FILE, bytes));
        assertEquals(Fixtures.FILE + ": expected UTF-8, found other bytes.", e.getMessage());
    }

    private static String refusal(String json) {
        return assertThrows(MalformedFileException.class, () -> Fixtures.parse(json)).getMessage();
    }
}
