package io.github.lapidary.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.MalformedModelException;
import io.github.lapidary.Golden;
import io.github.lapidary.ProcessMemory;
import io.github.lapidary.Tiny;
import io.github.lapidary.config.GlamConfig;
import io.github.lapidary.config.GlamConfig.ExpertActivation;
import io.github.lapidary.config.ModelConfigReader;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.kernel.format.WeightFormat;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UpcyclingTest {

    /** Four layers add two results each, which are rounded by up to a 256th. */
    private static final double BFLOAT16_TOLERANCE = 8.0 / 256;

    private static final Upcycling EIGHT = new Upcycling(8, 2, 1, 3);

    @TempDir private Path folder;
    private Path dense;

    /** Weights large enough that every layer changes the logits. */
    @BeforeEach
    void makeDenseModel() throws IOException {
        dense = dense("glam", "dense");
    }

    private Path dense(String tiny, String name) throws IOException {
        TinyFolder model = new TinyFolder(tiny);
        model.tensors.keySet().removeIf(key -> key.contains(".moe."));
        String from = model.tensors.containsKey("model.layers.1.mlp.up_proj.weight") ? "1" : "0";
        for (int layer = 0; layer < 4; layer++) {
            for (String matrix : new String[] {"gate_proj", "up_proj", "down_proj"}) {
                String path = ".mlp." + matrix + ".weight";
                model.tensors.putIfAbsent(
                        "model.layers." + layer + path,
                        model.tensors.get("model.layers." + from + path));
            }
        }
        Path written =
                model.write(folder.resolve(name), config -> config.addProperty("num_experts", 0));
        for (String file : new String[] {"tokenizer.json", "tokenizer_config.json"}) {
            Files.copy(Golden.path("tiny/" + tiny).resolve(file), written.resolve(file));
        }
        return written;
    }

    private Path upcycled(Upcycling upcycling, Path from, String name, StoredType type)
            throws IOException, MalformedModelException {
        Path sparse = folder.resolve(name);
        upcycling.write(Checkpoint.open(from), sparse, WriteOptions.of(type));
        return sparse;
    }

    @ParameterizedTest
    @CsvSource({"glam, 8, 2, 0", "glam, 2, 1, 0", "glam, 5, 3, 2", "glam_alt, 7, 2, 1"})
    void theSparseModelComputesTheSame(String name, int experts, int every, int offset)
            throws Exception {
        Path from = dense(name, "from");
        Checkpoint checkpoint = Checkpoint.open(from);
        Path to =
                upcycled(
                        new Upcycling(experts, every, offset, 1),
                        from,
                        "to",
                        Upcycling.storedType(checkpoint));

        GlamConfig config = (GlamConfig) ModelConfigReader.read(to);

        assertEquals(experts, config.numExperts());
        assertTrue(config.isSparse(offset) && config.expertGated());
        assertEquals(ExpertActivation.GELU_PYTORCH_TANH, config.expertActivation());
        try (LoadedModel expected = LoadedModel.load(from, WeightFormat.FLOAT32);
                LoadedModel found = LoadedModel.load(to, WeightFormat.FLOAT32)) {
            assertTrue(difference(expected, found) <= 1e-5, () -> "" + difference(expected, found));
        }
    }

    /**
     * In bfloat16 a dense layer rounds its result to eight bits, while two experts of the same
     * weights are combined in float32: rows differ by that rounding, and so do the logits by about
     * as much as either from float32.
     */
    @ParameterizedTest
    @CsvSource({"glam, 8, 2, 0", "glam, 2, 1, 0", "glam_alt, 7, 2, 1"})
    void inBFloat16TheSparseModelIsAsExact(String name, int experts, int every, int offset)
            throws Exception {
        Path from = dense(name, "from");
        Upcycling upcycling = new Upcycling(experts, every, offset, 1);
        Path to = upcycled(upcycling, from, "to", StoredType.BF16);
        for (ExpertPlacement placement : List.of(ExpertPlacement.PACKED, ExpertPlacement.IN_FILE)) {
            try (LoadedModel exact = LoadedModel.load(from, WeightFormat.FLOAT32);
                    LoadedModel rounded = LoadedModel.load(from, WeightFormat.BFLOAT16);
                    LoadedModel found = LoadedModel.load(to, WeightFormat.BFLOAT16, placement)) {
                double own = difference(exact, rounded);
                double sparse = difference(exact, found);
                double between = difference(rounded, found);
                assertTrue(own > 1e-3, () -> "float32 would prove nothing: " + own);
                assertTrue(sparse <= 1.5 * own, () -> sparse + " from float32, dense " + own);
                assertTrue(between <= BFLOAT16_TOLERANCE, () -> "" + between);
            }
        }
    }

    /** Returns the largest difference between logits, as a share of the largest logit. */
    private static double difference(LoadedModel one, LoadedModel other) {
        float[] logits = one.logits(Tiny.ids(40));
        float[] others = other.logits(Tiny.ids(40));
        double largest = 0;
        double difference = 0;
        for (int i = 0; i < logits.length; i++) {
            largest = Math.max(largest, Math.abs(logits[i]));
            difference = Math.max(difference, Math.abs(logits[i] - others[i]));
        }
        return difference / largest;
    }

    /** Were the experts not used, or a layer without weight, the test above would prove nothing. */
    @Test
    void theExpertsCount() throws Exception {
        Path sparse = upcycled(EIGHT, dense, "sparse", StoredType.F32);
        TinyFolder changed = new TinyFolder(sparse);
        for (int expert = 0; expert < 8; expert++) {
            String name = "model.layers.3.moe.experts." + expert + ".wg.weight";
            changed.tensors.put(name, TinyFolder.Stored.zeros(StoredType.F32, 96L, 48L));
        }
        try (LoadedModel expected = LoadedModel.load(dense, WeightFormat.FLOAT32);
                LoadedModel found =
                        LoadedModel.load(
                                changed.write(folder.resolve("other")), WeightFormat.FLOAT32)) {
            assertTrue(difference(expected, found) > 1e-3);
        }
    }

    @Test
    void theSeedDecidesTheGates() throws Exception {
        Path sparse = upcycled(EIGHT, dense, "sparse", StoredType.F32);
        Path same = upcycled(EIGHT, dense, "same", StoredType.F32);
        Path other = upcycled(new Upcycling(8, 2, 1, 4), dense, "other", StoredType.F32);
        String file = "model.safetensors";
        assertEquals(-1, Files.mismatch(sparse.resolve(file), same.resolve(file)));
        TinyFolder tensors = new TinyFolder(sparse);
        TinyFolder others = new TinyFolder(other);
        assertEquals(tensors.tensors.keySet(), others.tensors.keySet());
        tensors.tensors.forEach(
                (name, tensor) -> {
                    if (name.endsWith("gate.weight")) {
                        assertNotEquals(tensor, others.tensors.get(name), name);
                    } else {
                        assertEquals(tensor, others.tensors.get(name), name);
                    }
                });
    }

    @Test
    void tokenizerAndDefaultsComeAlong() throws Exception {
        Files.writeString(
                dense.resolve("generation_config.json"), "{\"eos_token_id\": 1, \"top_k\": 7}");
        Path sparse = folder.resolve("sparse");
        EIGHT.write(
                Checkpoint.open(dense),
                sparse,
                WriteOptions.of(StoredType.F32).withTokenizerFolder(dense));
        assertEquals(7, Checkpoint.open(sparse).defaults().topK().getAsInt());
        assertEquals(
                -1,
                Files.mismatch(dense.resolve("tokenizer.json"), sparse.resolve("tokenizer.json")));
    }

    @Test
    void saysWhatCannotBecomeSparse() throws Exception {
        assertRefused(
                "Only a dense glam can be made sparse, not a gemma2: GLaM's layers have other"
                        + " positions and norms, so that its weights would not compute the same"
                        + " there.",
                EIGHT,
                Golden.path("tiny/gemma2"));
        assertRefused(
                "The model is sparse already: num_experts is 8.", EIGHT, Golden.path("tiny/glam"));
        for (int experts = -1; experts < 2; experts++) {
            assertRefused(
                    "numExperts: expected at least 2, found " + experts + ".",
                    new Upcycling(experts, 2, 0, 0),
                    dense);
        }
        assertRefused(
                "moeLayerOffset: expected one of the 4 layers, since there are experts, found 4.",
                new Upcycling(8, 5, 4, 0),
                dense);
    }

    private void assertRefused(String message, Upcycling upcycling, Path from) {
        Path target = folder.resolve("refused");
        assertEquals(
                message,
                assertThrows(
                                IllegalArgumentException.class,
                                () ->
                                        upcycling.write(
                                                Checkpoint.open(from),
                                                target,
                                                WriteOptions.of(StoredType.F32)))
                        .getMessage());
        assertFalse(Files.exists(target));
    }

    @Test
    void leavesNothingBehindWhenItFails() throws Exception {
        Path target = folder.resolve("sparse");
        WriteOptions failing =
                WriteOptions.of(StoredType.F32)
                        .withListener(
                                (done, total) -> {
                                    if (done > total / 2) {
                                        throw new IllegalStateException("enough");
                                    }
                                });
        assertThrows(
                IllegalStateException.class,
                () -> EIGHT.write(Checkpoint.open(dense), target, failing));
        assertFalse(Files.exists(target));
        assertThrows(
                FileAlreadyExistsException.class,
                () -> EIGHT.write(Checkpoint.open(dense), dense, WriteOptions.of(StoredType.F32)));
    }

    /** What is written has 180 MB. */
    @Test
    void holdsSlicesOnly() throws Exception {
        Path large = folder.resolve("large");
        TinyFolder tiny = new TinyFolder(dense);
        int inner = 10_000;
        for (int layer = 0; layer < 4; layer++) {
            for (String name : new String[] {"gate_proj", "up_proj", "down_proj"}) {
                long rows = name.startsWith("down") ? 48 : inner;
                tiny.tensors.put(
                        "model.layers." + layer + ".mlp." + name + ".weight",
                        TinyFolder.Stored.zeros(StoredType.F32, rows, 48L * inner / rows));
            }
        }
        tiny.write(large, json -> json.addProperty("intermediate_size", inner));
        tiny.tensors.clear();
        long before = ProcessMemory.privateBytesOfTheLiving();
        long[] most = {0};
        new Upcycling(8, 1, 0, 0)
                .write(
                        Checkpoint.open(large),
                        folder.resolve("sparse"),
                        WriteOptions.of(StoredType.F32)
                                .withListener(
                                        (done, total) ->
                                                most[0] =
                                                        Math.max(
                                                                most[0],
                                                                ProcessMemory.privateBytes())));
        assertTrue(most[0] - before < 60 << 20, (most[0] - before) + " bytes");
    }
}
