package io.github.lapidary.checkpoint;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDManager;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.lapidary.Golden;
import io.github.lapidary.ProcessMemory;
import io.github.lapidary.checkpoint.TinyFolder.Stored;
import io.github.lapidary.file.MalformedFileException;
import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.model.CausalLanguageModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointLoaderTest {

    private static final Path GEMMA2 = Golden.path("tiny/gemma2");

    @TempDir private Path folder;

    private static String refusal(Path path) {
        return assertThrows(
                        MalformedModelException.class,
                        () -> LoadedModel.load(path, WeightFormat.FLOAT32).close())
                .getMessage();
    }

    @Test
    void listsAllThatDoesNotFitAtOnce() throws IOException {
        TinyFolder tiny = new TinyFolder("gemma2");
        tiny.tensors.remove("model.layers.1.mlp.up_proj.weight");
        tiny.tensors.remove("model.norm.weight");
        tiny.tensors.put("model.layers.2.mlp.extra.weight", Stored.zeros(StoredType.F32, 3L));
        tiny.tensors.put("other\nname", Stored.zeros(StoredType.F32, 3L));
        tiny.tensors.put(
                "model.layers.0.self_attn.k_proj.weight", Stored.zeros(StoredType.F32, 64L, 71L));
        tiny.tensors.put(
                "model.layers.0.mlp.gate_proj.weight", Stored.zeros(StoredType.F64, 144L, 72L));
        Path path = tiny.write(folder);
        assertEquals(
                path
                        + ": the tensors do not fit the configuration"
                        + " (gemma2, numHiddenLayers 4, hiddenSize 72, vocabSize 640):\n"
                        + "  missing: model.layers.1.mlp.up_proj.weight\n"
                        + "  missing: model.norm.weight\n"
                        + "  unexpected: model.layers.2.mlp.extra.weight\n"
                        + "  unexpected: other?name\n"
                        + "  misshapen: model.layers.0.self_attn.k_proj.weight:"
                        + " expected (64, 72), found (64, 71)\n"
                        + "  of a type that weights do not have:"
                        + " model.layers.0.mlp.gate_proj.weight: F64",
                refusal(path));
    }

    @Test
    void namesAtMostTwentyOfAKind() throws IOException {
        TinyFolder tiny = new TinyFolder("gemma2");
        for (int i = 0; i < 100_000; i++) {
            tiny.tensors.put("extra" + i, Stored.zeros(StoredType.F32, 0L));
        }
        String message = refusal(tiny.write(folder));
        assertEquals(22, message.lines().count(), message);
        assertTrue(message.endsWith("  unexpected: 99980 more"), message);
    }

    @Test
    void tellsOfOtherSizesThanTheConfigurations() throws IOException {
        assertContradiction(
                config -> config.addProperty("num_hidden_layers", 6),
                "numHiddenLayers 6, hiddenSize 72, vocabSize 640):\n"
                        + "  number of layers: expected 6, found 4");
        assertContradiction(
                config -> config.addProperty("num_hidden_layers", 3),
                "numHiddenLayers 3, hiddenSize 72, vocabSize 640):\n"
                        + "  number of layers: expected 3, found 4");
        assertContradiction(
                config -> config.addProperty("vocab_size", 700),
                "numHiddenLayers 4, hiddenSize 72, vocabSize 700):\n"
                        + "  misshapen: model.embed_tokens.weight:"
                        + " expected (700, 72), found (640, 72)");
        assertContradiction(
                config -> config.addProperty("head_dim", 16),
                "  misshapen: model.layers.3.self_attn.o_proj.weight:"
                        + " expected (72, 64), found (72, 128)");
        assertContradiction(
                config -> config.addProperty("hidden_size", 80),
                "  misshapen: model.embed_tokens.weight: expected (640, 80), found (640, 72)");
        assertContradiction(
                config -> config.addProperty("model_type", "gemma"),
                "  unexpected: model.layers.0.post_feedforward_layernorm.weight");
    }

    @Test
    void refusesRecurrencesThatTheConfigurationContradicts() throws IOException {
        JsonArray twoKinds = new JsonArray();
        twoKinds.add("recurrent");
        twoKinds.add("attention");
        assertRecurrentContradiction(
                config -> config.add("_block_types", twoKinds),
                "  missing: model.layers.1.temporal_block.q_proj.weight\n");
        assertRecurrentContradiction(
                config -> config.add("_block_types", twoKinds),
                "  unexpected: model.layers.1.temporal_block.rg_lru.recurrent_param\n");
        assertRecurrentContradiction(
                config -> config.addProperty("conv1d_width", 3),
                "  misshapen: model.layers.0.temporal_block.conv_1d.weight:"
                        + " expected (96, 1, 3), found (96, 1, 4)\n");
        assertRecurrentContradiction(
                config -> config.addProperty("conv1d_width", 1),
                "expected (96, 1, 1), found (96, 1, 4)\n");
        assertRecurrentContradiction(
                config -> config.addProperty("lru_width", 92),
                "  misshapen: model.layers.0.temporal_block.linear_x.bias:"
                        + " expected (92), found (96)\n");
        assertRecurrentContradiction(
                config -> config.addProperty("num_attention_heads", 8),
                "  misshapen: model.layers.0.temporal_block.rg_lru.input_gate_weight:"
                        + " expected (8, 12, 12), found (4, 24, 24)\n");
        assertRecurrentContradiction(
                config -> config.addProperty("head_dim", 21), // of which 10 are rotated
                "  misshapen: model.layers.2.temporal_block.o_proj.weight:"
                        + " expected (80, 84), found (80, 80)");
        assertRecurrentContradiction(
                config -> config.addProperty("intermediate_size", 120),
                "expected (60, 80), found (120, 80)\n");
    }

    @Test
    void refusesExpertsThatTheConfigurationContradicts() throws IOException {
        assertContradiction(
                "glam",
                config -> config.addProperty("num_experts", 6),
                "vocabSize 640):\n  number of experts: expected 6, found 8\n"
                        + "  misshapen: model.layers.0.moe.gate.weight:"
                        + " expected (6, 48), found (8, 48)\n");
        assertContradiction(
                "glam",
                config -> config.addProperty("num_experts", 12),
                "  number of experts: expected 12, found 8\n  misshapen: model.layers.0.moe.gate");
        assertContradiction(
                "glam",
                config -> config.addProperty("moe_intermediate_size", 96),
                "  misshapen: model.layers.0.moe.experts.7.wo.weight:"
                        + " expected (48, 96), found (48, 80)");
        assertContradiction(
                "glam",
                config -> config.addProperty("expert_gated", true),
                "  missing: model.layers.0.moe.experts.0.wg.weight\n");
        assertContradiction(
                "glam",
                config -> config.addProperty("moe_layer_offset", 1),
                "  missing: model.layers.0.mlp.gate_proj.weight\n");
        assertContradiction(
                "glam",
                config -> config.addProperty("num_experts", 0),
                "  unexpected: model.layers.0.moe.experts.0.wi.weight\n");
        assertContradiction(
                "glam",
                config -> config.addProperty("relative_attention_num_buckets", 16),
                "  misshapen: model.layers.3.self_attn.relative_attention_bias.weight:"
                        + " expected (16, 4), found (32, 4)");
    }

    @Test
    void namesTheExpertsThatDoNotFit() throws IOException {
        TinyFolder tiny = new TinyFolder("glam");
        String layer = "model.layers.2.moe.experts.";
        tiny.tensors.remove(layer + "3.wi.weight");
        tiny.tensors.put(layer + "8.wi.weight", Stored.zeros(StoredType.F32, 80L, 48L));
        tiny.tensors.put(layer + "5.wo.weight", Stored.zeros(StoredType.F32, 80L, 48L));
        String message = refusal(tiny.write(folder));
        assertEquals(
                "  missing: model.layers.2.moe.experts.3.wi.weight\n"
                        + "  unexpected: model.layers.2.moe.experts.8.wi.weight\n"
                        + "  misshapen: model.layers.2.moe.experts.5.wo.weight:"
                        + " expected (48, 80), found (80, 48)",
                message.substring(message.indexOf('\n') + 1));
    }

    /** Layers have as many experts as the configuration says; fewer in one are missing there. */
    @Test
    void namesTheLayerThatHasFewerExperts() throws IOException {
        TinyFolder tiny = new TinyFolder("glam");
        tiny.tensors.keySet().removeIf(name -> name.matches(".*layers.2.moe.experts.[67].*"));
        String message = refusal(tiny.write(folder));
        List<String> expected = new ArrayList<>();
        for (String kind : List.of("wi", "wo")) {
            for (int expert = 6; expert < 8; expert++) {
                expected.add(
                        "  missing: model.layers.2.moe.experts." + expert + "." + kind + ".weight");
            }
        }
        assertEquals(expected, message.lines().skip(1).toList());
    }

    private void assertRecurrentContradiction(Consumer<JsonObject> change, String expected)
            throws IOException {
        assertContradiction("recurrentgemma", change, expected);
    }

    private void assertContradiction(Consumer<JsonObject> change, String expected)
            throws IOException {
        assertContradiction("gemma2", change, expected);
    }

    private void assertContradiction(String name, Consumer<JsonObject> change, String expected)
            throws IOException {
        Path path = Files.createTempDirectory(folder, "contradiction");
        String message = refusal(new TinyFolder(name).write(path, change));
        assertTrue(message.contains(expected), message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"model.language_model.", "model.", ""})
    void findsTheTextModelWhereverItLies(String prefix) throws Exception {
        TinyFolder tiny = new TinyFolder("gemma3_multimodal_layout");
        tiny.rename("language_model.model.", prefix);
        if (prefix.startsWith("model.")) {
            tiny.rename("vision_tower.", "model.vision_tower.");
            tiny.rename("multi_modal_projector.", "model.multi_modal_projector.");
        }
        try (LoadedModel loaded = LoadedModel.load(tiny.write(folder), WeightFormat.FLOAT32)) {
            loaded.assertGolden(tiny.source.resolve("golden.safetensors"));
        }
    }

    /** What is no part of a text model is left aside where there is such a part, and only there. */
    @Test
    void refusesAVisionTowerOfAnotherFamily() throws IOException {
        TinyFolder tiny = new TinyFolder("gemma2");
        tiny.tensors.put("vision_tower.patch.weight", Stored.zeros(StoredType.F32, 3L));
        tiny.tensors.put(
                "model.layers.0.self_attn.rotary_emb.inv_freq", Stored.zeros(StoredType.F32, 16L));
        String message = refusal(tiny.write(folder));
        assertEquals(
                "  unexpected: vision_tower.patch.weight",
                message.substring(message.indexOf('\n') + 1));
    }

    /** Names that are missing are told with the prefix that the others have. */
    @Test
    void tellsMissingTensorsByThePrefixOfTheOthers() throws IOException {
        TinyFolder tiny = new TinyFolder("gemma3_multimodal_layout");
        tiny.tensors.remove("language_model.model.embed_tokens.weight");
        String message = refusal(tiny.write(folder));
        assertEquals(2, message.lines().count(), message);
        assertTrue(
                message.endsWith("  missing: language_model.model.embed_tokens.weight"), message);
    }

    /** A header of another length moves all tensors to places that cannot be used in place. */
    @ParameterizedTest
    @EnumSource(WeightFormat.class)
    void copiesTensorsAtOddPlaces(WeightFormat format) throws Exception {
        Path odd = folder.resolve("odd");
        new TinyFolder("gemma2").write(odd);
        Path file = odd.resolve("model.safetensors");
        Files.write(file, withLongerHeader(Files.readAllBytes(file)));
        try (LoadedModel expected = LoadedModel.load(GEMMA2, format);
                LoadedModel loaded = LoadedModel.load(odd, format)) {
            assertEquals(List.of(), ProcessMemory.mappings(odd));
            long[] ids = {2, 5, 300, 7, 8, 9, 10, 11, 12, 13, 14};
            assertArrayEquals(expected.logits(ids), loaded.logits(ids));
        }
    }

    private static byte[] withLongerHeader(byte[] file) {
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        int length = (int) bytes.getLong();
        int added = length % 2 == 0 ? 1 : 2;
        byte[] header = new byte[length];
        bytes.get(header);
        return ByteBuffer.allocate(file.length + added)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(length + added)
                .put(header)
                .put(" ".repeat(added).getBytes(US_ASCII))
                .put(bytes)
                .array();
    }

    /**
     * Weights of the wanted type are used where they lie in the file, which is let go at the end.
     */
    @Test
    @EnabledOnOs(OS.LINUX)
    void keepsNoMappingAndNoSpareArray() throws Exception {
        Path path = new TinyFolder("gemma2").write(folder.resolve("grüße 世界 🦎"));
        try (LoadedModel loaded = LoadedModel.load(path, WeightFormat.FLOAT32)) {
            loaded.logits(2, 3, 4);
            assertEquals(1, ProcessMemory.mappings(path).size());
            int matrices = 4 * 5; // of four layers; each has a packed copy and its version
            assertEquals(
                    loaded.model().parametersByPath().size() + 2 * matrices,
                    loaded.manager().getManagedArrays().size());
        }
        assertEquals(List.of(), ProcessMemory.mappings(path));
    }

    @ParameterizedTest
    @EnumSource(WeightFormat.class)
    @EnabledOnOs(OS.LINUX)
    void keepsNothingOfAFailedLoad(WeightFormat format) throws Exception {
        Path path = new TinyFolder("gemma2").write(folder);
        Checkpoint checkpoint = Checkpoint.open(path);
        List<Integer> mappings = new ArrayList<>();
        ProgressListener failing =
                (done, total) -> {
                    mappings.add(ProcessMemory.mappings(path).size());
                    if (done > total / 2) {
                        throw new IllegalStateException("enough");
                    }
                };
        try (NDManager manager = NDManager.newBaseManager()) {
            assertThrows(
                    IllegalStateException.class,
                    () -> CheckpointLoader.load(checkpoint, manager, format, failing));
            assertTrue(mappings.contains(1), "the file was never mapped");
            assertEquals(List.of(), ProcessMemory.mappings(path));
            assertEquals(List.of(), manager.getManagedArrays());
        }
    }

    /** Reading a mapping behind the end of its file would end the process. */
    @ParameterizedTest
    @EnumSource(WeightFormat.class)
    void refusesAFileThatBecameShorter(WeightFormat format) throws Exception {
        Path path = new TinyFolder("gemma2").write(folder);
        Checkpoint checkpoint = Checkpoint.open(path);
        Path file = path.resolve("model.safetensors");
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 40_000));
        try (NDManager manager = NDManager.newBaseManager()) {
            MalformedFileException refusal =
                    assertThrows(
                            MalformedFileException.class,
                            () ->
                                    CheckpointLoader.load(
                                            checkpoint, manager, format, ProgressListener.NONE));
            assertTrue(refusal.getMessage().contains("it was longer when opened"));
        }
    }

    @Test
    void tellsHowFarItIs() throws Exception {
        List<Long> heard = new ArrayList<>();
        Set<Long> totals = new HashSet<>();
        try (NDManager manager = NDManager.newBaseManager()) {
            CausalLanguageModel model =
                    CheckpointLoader.load(
                            Checkpoint.open(GEMMA2),
                            manager,
                            WeightFormat.BFLOAT16,
                            (done, total) -> {
                                heard.add(done);
                                totals.add(total);
                            });
            long elements =
                    model.parametersByPath().values().stream()
                            .mapToLong(parameter -> parameter.getShape().size())
                            .sum();
            assertEquals(Set.of(elements), totals);
            assertEquals(heard.stream().sorted().distinct().toList(), heard);
            assertEquals(0, heard.get(0));
            assertEquals(elements, heard.get(heard.size() - 1));
        }
    }

    @Test
    void saysThatThereIsNoModel() {
        NoSuchFileException refusal =
                assertThrows(
                        NoSuchFileException.class,
                        () -> Checkpoint.open(folder.resolve("nowhere")));
        assertTrue(refusal.getMessage().contains("expected a Hugging Face folder or a GGUF file"));
    }
}
