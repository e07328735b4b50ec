package io.github.lapidary.cli;

import static io.github.lapidary.cli.CommandLineRun.longs;
import static io.github.lapidary.cli.CommandLineRun.tiny;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.lapidary.Tiny;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.state.DecodingState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InspectCommandTest {

    private static CommandLineRun inspect(String model, String... options) {
        String[] arguments = new String[options.length + 3];
        arguments[0] = "inspect";
        arguments[1] = "--model";
        arguments[2] = model;
        System.arraycopy(options, 0, arguments, 3, options.length);
        return CommandLineRun.of(arguments);
    }

    @Test
    void jsonTellsEverything() throws Exception {
        JsonObject json = inspect(tiny("gemma3_mqa"), "--json").line();

        assertEquals(
                Set.of(
                        "model",
                        "container",
                        "files",
                        "config",
                        "parameters",
                        "flops_by_tokens",
                        "memory",
                        "tokenizer",
                        "stop_tokens",
                        "chat_template",
                        "tensors",
                        "left_aside",
                        "scanned",
                        "findings"),
                json.keySet());
        assertEquals("safetensors", json.get("container").getAsString());
        assertEquals(parse("{'model.safetensors': 575376}"), json.get("files"));
        JsonObject config =
                JsonParser.parseString(Files.readString(Path.of(tiny("gemma3_mqa"), "config.json")))
                        .getAsJsonObject();
        for (String key : List.of("model_type", "layer_types", "head_dim", "eos_token_id")) {
            assertEquals(config.get(key), json.get("config").getAsJsonObject().get(key));
        }
        assertEquals(
                parse(
                        "{'embedding': 41984, 'attention': 92160, 'feed_forward': 147456,"
                                + " 'norm': 1888, 'total': 283488, 'non_embedding': 241504,"
                                + " 'activated': 283488}"),
                json.get("parameters"));
        assertEquals(
                parse("{'size': 582, 'bos': {'id': 2, 'token': '<bos>'}}"), json.get("tokenizer"));
        assertEquals(
                parse("[{'id': 1, 'token': '<eos>'}, {'id': 13, 'token': '<end_of_turn>'}]"),
                json.get("stop_tokens"));
        JsonObject template = json.get("chat_template").getAsJsonObject();
        assertEquals("tokenizer_config.json", template.get("source").getAsString());
        assertEquals(parse("{'id': 13, 'token': '<end_of_turn>'}"), template.get("end_of_turn"));
        assertEquals(
                "7de1c58e208eda46e9c7f86397df37ec49883aeece39fb961e0a6b24088dd3c4",
                template.get("sha256").getAsString());
        assertTrue(json.get("scanned").getAsBoolean());
        JsonElement tensor = json.get("tensors").getAsJsonArray().get(0);
        assertEquals(
                parse(
                        "{'name': 'model.embed_tokens.weight', 'type': 'BF16', 'shape': [656, 64],"
                                + " 'bytes': 83968, 'file': 'model.safetensors'}"),
                tensor);
        JsonObject finding = json.get("findings").getAsJsonArray().get(0).getAsJsonObject();
        assertEquals(Set.of("severity", "what", "where", "effect", "remedy"), finding.keySet());
        assertEquals("note", finding.get("severity").getAsString());
    }

    private static JsonElement parse(String json) {
        return JsonParser.parseString(json);
    }

    /** The numbers are those of a model that is loaded and of its states. */
    @Test
    void memoryIsWhatTheModelTakes() throws Exception {
        JsonObject memory =
                inspect(tiny("gemma3_mqa"), "--json").line().get("memory").getAsJsonObject();

        JsonObject need = memory.get("float32").getAsJsonObject();
        try (NDManager manager = NDManager.newBaseManager()) {
            CausalLanguageModel model = Tiny.load("gemma3_mqa", manager);
            DecodingState state = model.newState(manager);
            for (int pass = 1; pass <= 4; pass++) {
                state.reserve(model.chunk());
                state.advance(model.chunk());
                long bytes = 0;
                for (int layer = 0; layer < 6; layer++) {
                    for (NDArray array : state.layer(layer).arrays()) {
                        bytes += array.getShape().size() * Float.BYTES;
                    }
                }
                JsonElement told =
                        need.get("state_by_tokens")
                                .getAsJsonObject()
                                .get(String.valueOf(pass * model.chunk()));
                if (told != null) {
                    assertEquals(bytes, told.getAsLong());
                }
            }
        }
        assertEquals(283_488 * 4, need.get("weights").getAsLong());
        long norms = 1888 * 4;
        assertEquals(
                (283_488 - 1888) * 2 + norms,
                memory.get("bfloat16").getAsJsonObject().get("weights").getAsLong());
        assertEquals(
                List.of("512", "2048", "8192", "32768"),
                List.copyOf(need.get("state_by_tokens").getAsJsonObject().keySet()));
    }

    @Test
    void tensorsThatAreAlikeShareALine() {
        String text = inspect(tiny("gemma2")).result();
        String all = inspect(tiny("gemma2"), "--tensors").result();

        assertTrue(
                text.contains(
                        "\n  model.layers.#.mlp.down_proj.weight               x 4  F32  72 x 144 "));
        assertFalse(text.contains("layers.3.mlp"));
        assertTrue(all.contains("\n  model.layers.3.mlp.down_proj.weight "));
        assertFalse(all.contains("#"));
    }

    @Test
    void expertsThatAreAlikeShareALine() {
        String text = inspect(tiny("glam")).result();

        assertTrue(
                text.contains(
                        "\n  model.layers.#.moe.experts.*.wi.weight                   x 16  F32"
                                + "  80 x 48 "),
                text);
        assertTrue(
                text.contains(
                        "\n                 num_experts 8, moe_intermediate_size 80,"
                                + " moe_layer_freq 2, moe_layer_offset 0\n"),
                text);
        assertFalse(text.contains("experts.3"));
    }

    /** A token takes two of eight experts. */
    @Test
    void activatedParametersAreToldOf() throws Exception {
        JsonObject json = inspect(tiny("glam"), "--json").line();
        JsonObject parameters = json.get("parameters").getAsJsonObject();

        long experts = 2 * 8 * 2 * 80 * 48;
        assertEquals(experts, parameters.get("experts").getAsLong());
        assertEquals(
                experts * 3 / 4,
                parameters.get("total").getAsLong() - parameters.get("activated").getAsLong());
        long multiplied =
                parameters.get("activated").getAsLong()
                        - parameters.get("norm").getAsLong()
                        - parameters.get("position_bias").getAsLong();
        assertEquals(
                parse(
                        "{'512': %d, '1024': %d}"
                                .formatted(
                                        2 * multiplied + 4 * 4 * 64 * 512,
                                        2 * multiplied + 4 * 4 * 64 * 1024)),
                json.get("flops_by_tokens"));
    }

    @Test
    void modelNobodyHasIsToldOf() {
        String text = CommandLineRun.of("inspect", "--preset", "glam-64b-64e").result();

        assertTrue(text.startsWith("glam-64b-64e\n\n  family        glam\n"), text);
        assertTrue(text.contains("\n  activated         96,604,528,640   8.3 %\n"), text);
        assertTrue(text.contains("\n  total          1,161,756,418,048\n"), text);
        assertTrue(text.contains("\n  weights                       4.65 TB   2.32 TB\n"), text);
        assertFalse(text.contains("Check-up"), text);
        assertTrue(
                CommandLineRun.of("inspect", "--preset", "glam-64b-64e", "--json")
                        .line()
                        .get("container")
                        .isJsonNull());
    }

    @ParameterizedTest
    @CsvSource({"recurrentgemma, 4, 8, 96", "recurrentgemma_bf16, 2, 6, 64"})
    void aTextWithoutEndIsToldOf(String model, int recurrences, int window, int width) {
        String text = inspect(tiny(model)).result();

        assertTrue(text.contains("\n  context        unlimited\n"), text);
        assertTrue(text.contains(" " + recurrences + " recurrent"), text);
        assertTrue(
                text.contains(
                        " attention_window_size %d, lru_width %d, conv1d_width 4\n"
                                .formatted(window, width)),
                text);
    }

    @Test
    void oneThingIsInspected() {
        assertEquals(2, CommandLineRun.of("inspect").exitCode());
        assertEquals(
                2,
                CommandLineRun.of("inspect", "--model", tiny("glam"), "--preset", "gemma-2b")
                        .exitCode());
        CommandLineRun unknown = CommandLineRun.of("inspect", "--preset", "glam-2b");
        assertEquals(2, unknown.exitCode());
        assertTrue(unknown.err().startsWith("lapidary: There is no preset \"glam-2b\""));
    }

    @Test
    void visionTowerIsLeftAside() {
        String text = inspect(tiny("gemma3_multimodal_layout")).result();

        assertFalse(text.contains("vision"));
        assertTrue(text.contains("\n  and 23 that a text model does without, "), text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gemma1_mha",
                "gemma1_mqa",
                "gemma2_bf16",
                "gemma3_multimodal_layout",
                "gemma3_ropescale",
                "glam",
                "recurrentgemma",
                "recurrentgemma_bf16"
            })
    void textFitsATerminal(String model) {
        inspect(tiny(model))
                .result()
                .lines()
                .forEach(line -> assertTrue(line.length() <= 96, line));
    }

    @Test
    void valuesNeedNotBeLookedAt() {
        String text = inspect(tiny("gemma2"), "--no-scan").result();

        assertTrue(text.contains("The values of the weights were not looked at."));
        assertFalse(
                inspect(tiny("gemma2"), "--no-scan", "--json")
                        .line()
                        .get("scanned")
                        .getAsBoolean());
    }

    @Test
    void brokenCheckpointIsToldOf(@TempDir Path folder) throws Exception {
        Path model =
                Tiny.copy("gemma2", folder.resolve("model"), config -> config.remove("head_dim"));

        CommandLineRun run = inspect(model.toString());

        assertEquals("", run.err());
        assertEquals(1, run.exitCode());
        assertTrue(
                run.out()
                        .contains(
                                """
                                Check-up: 1 error

                                  error    config.json
                                           head_dim: expected an integer, found no such key.
                                           Effect: The model does not load: its sizes are not known.
                                """),
                run.out());
        assertTrue(run.out().contains("\n  tokenizer"));
        assertTrue(run.out().contains("\nTensors\n"));
    }

    @Test
    void whatCannotBeReadIsNull(@TempDir Path folder) {
        CommandLineRun run = inspect(folder.toString(), "--json");

        assertEquals(1, run.exitCode());
        JsonObject json = JsonParser.parseString(run.out()).getAsJsonObject();
        for (String name : List.of("config", "parameters", "memory", "tokenizer")) {
            assertTrue(json.get(name).isJsonNull(), name);
        }
        assertArrayEquals(new long[0], longs(json.get("tensors")));
        assertEquals(3, json.get("findings").getAsJsonArray().size());
    }

    @Test
    void fileThatIsNoModelIsToldOf() {
        CommandLineRun run = inspect("pom.xml");

        assertEquals(1, run.exitCode());
        assertTrue(run.out().contains("expected the letters GGUF."), run.out());
    }

    @Test
    void missingModelIsAnError(@TempDir Path folder) {
        Path missing = folder.resolve("none");

        inspect(missing.toString())
                .assertFailed(
                        1,
                        "lapidary: "
                                + missing
                                + ": there is no such model; expected a Hugging Face folder or a"
                                + " GGUF file");
    }
}
