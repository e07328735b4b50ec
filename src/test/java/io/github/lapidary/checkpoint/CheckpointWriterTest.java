package io.github.lapidary.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDManager;
import io.github.lapidary.Golden;
import io.github.lapidary.Tiny;
import io.github.lapidary.config.GenerationDefaults;
import io.github.lapidary.config.GenerationDefaultsReader;
import io.github.lapidary.config.ModelConfigReader;
import io.github.lapidary.file.SafetensorsFolder;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.file.TensorEntry;
import io.github.lapidary.file.TensorReader;
import io.github.lapidary.kernel.format.WeightFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckpointWriterTest {

    @TempDir private Path folder;

    private static void write(String name, WeightFormat format, Path folder, WriteOptions options)
            throws IOException, MalformedModelException {
        Path source = Golden.path("tiny/" + name);
        try (LoadedModel loaded = LoadedModel.load(source, format)) {
            CheckpointWriter.write(
                    loaded.model(), GenerationDefaultsReader.read(source), folder, options);
        }
    }

    /** What was read in its stored type and is written in it is the same to the last bit. */
    @ParameterizedTest
    @CsvSource({
        "gemma1_mha, FLOAT32, F32, model.",
        "gemma2, FLOAT32, F32, model.",
        "gemma3_ropescale, FLOAT32, F32, model.",
        "gemma3_multimodal_layout, FLOAT32, F32, language_model.model.",
        "recurrentgemma, FLOAT32, F32, model.",
        "recurrentgemma_bf16, BFLOAT16, BF16, model.",
        "recurrentgemma_bf16, FLOAT32, BF16, model.",
        "gemma1_mqa, BFLOAT16, BF16, model.",
        "gemma2_bf16, BFLOAT16, BF16, model.",
        "gemma3_mqa, BFLOAT16, BF16, model.",
        "gemma3_mqa, FLOAT32, BF16, model.",
        "glam, FLOAT32, F32, model.",
        "glam_alt, BFLOAT16, BF16, model.",
        "glam_alt, FLOAT32, BF16, model."
    })
    void writesWhatWasRead(
            String name, WeightFormat format, StoredType storedType, String sourcePrefix)
            throws Exception {
        Path source = Golden.path("tiny/" + name);
        write(name, format, folder, WriteOptions.of(storedType).withTokenizerFolder(source));
        Map<String, ByteBuffer> expected = new TreeMap<>();
        contents(source)
                .forEach(
                        (tensor, bytes) -> {
                            if (tensor.startsWith(sourcePrefix)) {
                                String rest = tensor.substring(sourcePrefix.length());
                                expected.put("model." + rest, bytes);
                            }
                        });
        assertEquals(expected, contents(folder));
        assertEquals(ModelConfigReader.read(source), ModelConfigReader.read(folder));
        assertEquals(GenerationDefaultsReader.read(source), GenerationDefaultsReader.read(folder));
        for (String file : List.of("tokenizer.json", "tokenizer_config.json")) {
            assertEquals(-1, Files.mismatch(source.resolve(file), folder.resolve(file)));
        }
        assertEquals(
                List.of(
                        "config.json",
                        "generation_config.json",
                        "model.safetensors",
                        "tokenizer.json",
                        "tokenizer_config.json"),
                names(folder));
    }

    @Test
    void writesShards() throws Exception {
        WriteOptions options = WriteOptions.of(StoredType.F32).withMaxShardBytes(200_000);
        write("gemma2", WeightFormat.FLOAT32, folder, options);
        List<String> names = names(folder);
        long shards = names.stream().filter(name -> name.endsWith(".safetensors")).count();
        assertTrue(shards > 4, names.toString());
        assertEquals(contents(Golden.path("tiny/gemma2")), contents(folder));
        for (String name : names) {
            assertTrue(Files.size(folder.resolve(name)) < 205_000, name);
        }
        try (LoadedModel loaded = LoadedModel.load(folder, WeightFormat.FLOAT32)) {
            loaded.assertGolden(Golden.path("tiny/gemma2/golden.safetensors"));
        }
    }

    /** The experts of a layer stay together, however small files are to be, and are used there. */
    @ParameterizedTest
    @CsvSource({"glam, FLOAT32, F32, 100000", "glam_alt, BFLOAT16, BF16, 30000"})
    void writesShardsBetweenExpertsOfLayersOnly(
            String name, WeightFormat format, StoredType storedType, long bytes) throws Exception {
        write(name, format, folder, WriteOptions.of(storedType).withMaxShardBytes(bytes));
        assertEquals(contents(Golden.path("tiny/" + name)), contents(folder));
        Map<String, Path> files = new TreeMap<>();
        for (TensorEntry entry : SafetensorsFolder.read(folder).tensors().values()) {
            String parameter = entry.name().replaceFirst("experts\\.\\d+\\.", "experts.");
            assertEquals(entry.file(), files.getOrDefault(parameter, entry.file()), parameter);
            files.put(parameter, entry.file());
        }
        assertTrue(files.values().stream().distinct().count() > 4, files.toString());
        LoadedModel.load(folder, format, ExpertPlacement.IN_FILE).close();
        Path source = Golden.path("tiny/" + name);
        try (LoadedModel loaded = LoadedModel.load(folder, format, ExpertPlacement.PACKED);
                LoadedModel original = LoadedModel.load(source, format, ExpertPlacement.PACKED)) {
            assertArrayEquals(original.logits(Tiny.ids(40)), loaded.logits(Tiny.ids(40)));
        }
    }

    /** Parameters of several slices, which the tiny checkpoints do not have. */
    @Test
    void writesParametersOfManySlices() throws Exception {
        TinyFolder tiny = new TinyFolder("gemma2");
        int rows = 40_000;
        ByteBuffer bytes = ByteBuffer.allocate(rows * 72 * Float.BYTES);
        for (int i = 0; i < rows * 72; i++) {
            bytes.putInt(i * 4, Integer.reverseBytes(0x3C000000 + i * 7));
        }
        tiny.tensors.put(
                "model.embed_tokens.weight",
                new TinyFolder.Stored(StoredType.F32, List.of((long) rows, 72L), bytes));
        Path source =
                tiny.write(
                        folder.resolve("source"), config -> config.addProperty("vocab_size", rows));
        List<Long> heard = new ArrayList<>();
        Path target = folder.resolve("target");
        try (LoadedModel loaded = LoadedModel.load(source, WeightFormat.FLOAT32)) {
            CheckpointWriter.write(
                    loaded.model(),
                    GenerationDefaults.NONE,
                    target,
                    WriteOptions.of(StoredType.F32)
                            .withListener((done, total) -> heard.add(total - done)));
        }
        assertEquals(contents(source), contents(target));
        assertTrue(heard.size() > 4, heard.toString());
        assertEquals(0, heard.get(heard.size() - 1));
    }

    @Test
    void roundsToTheNearest() {
        assertEquals(0x3F80, WeightEncoder.bfloat16(1f));
        assertEquals(0x3F80, WeightEncoder.bfloat16(Float.intBitsToFloat(0x3F808000)));
        assertEquals(0x3F81, WeightEncoder.bfloat16(Float.intBitsToFloat(0x3F808001)));
        assertEquals(0x3F82, WeightEncoder.bfloat16(Float.intBitsToFloat(0x3F818000)));
        assertEquals((short) 0xBF82, WeightEncoder.bfloat16(Float.intBitsToFloat(0xBF818000)));
        assertEquals(0x7F80, WeightEncoder.bfloat16(Float.MAX_VALUE));
        assertEquals((short) 0xFF80, WeightEncoder.bfloat16(Float.NEGATIVE_INFINITY));
        assertEquals(0x7FC0, WeightEncoder.bfloat16(Float.NaN));
        assertEquals(0x7FC0, WeightEncoder.bfloat16(Float.intBitsToFloat(0x7F800001)));
        assertEquals(0x0001, WeightEncoder.bfloat16(Float.intBitsToFloat(0x0000C000)));
    }

    @Test
    void leavesAFolderWithAModelAlone() throws Exception {
        Files.writeString(folder.resolve("config.json"), "older");
        FileAlreadyExistsException refusal =
                assertThrows(
                        FileAlreadyExistsException.class,
                        () ->
                                write(
                                        "gemma1_mha",
                                        WeightFormat.FLOAT32,
                                        folder,
                                        WriteOptions.of(StoredType.F32)));
        assertEquals(
                folder.resolve("config.json") + ": the folder already holds a model",
                refusal.getMessage());
        assertEquals(List.of("config.json"), names(folder));
        assertEquals("older", Files.readString(folder.resolve("config.json")));
    }

    @Test
    void leavesNothingBehindWhenItFails() throws Exception {
        Path target = folder.resolve("new");
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
                () -> write("gemma1_mha", WeightFormat.FLOAT32, target, failing));
        assertFalse(Files.exists(target));
        Files.createDirectory(target);
        assertThrows(
                IllegalStateException.class,
                () -> write("gemma1_mha", WeightFormat.FLOAT32, target, failing));
        assertEquals(List.of(), names(target));
    }

    @Test
    void saysWhatItCannotReadOrMake() throws Exception {
        WriteOptions options = WriteOptions.of(StoredType.F32);
        Path file = Files.createFile(folder.resolve("file"));
        assertEquals(
                file + ": not a folder",
                assertThrows(
                                FileSystemException.class,
                                () -> write("gemma1_mha", WeightFormat.FLOAT32, file, options))
                        .getMessage());
        Path empty = Files.createDirectory(folder.resolve("empty"));
        Path target = folder.resolve("target");
        NoSuchFileException refusal =
                assertThrows(
                        NoSuchFileException.class,
                        () ->
                                write(
                                        "gemma1_mha",
                                        WeightFormat.FLOAT32,
                                        target,
                                        options.withTokenizerFolder(empty)));
        assertTrue(refusal.getMessage().startsWith(empty + ": there is no tokenizer"));
        assertFalse(Files.exists(target));
        assertThrows(IllegalArgumentException.class, () -> WriteOptions.of(StoredType.F16));
        assertThrows(IllegalArgumentException.class, () -> options.withMaxShardBytes(0));
    }

    @Test
    void worksBesideACappedModel() throws Exception {
        try (LoadedModel loaded =
                LoadedModel.load(Golden.path("tiny/gemma2_bf16"), WeightFormat.BFLOAT16)) {
            NDManager manager = loaded.manager();
            loaded.logits(2, 3);
            manager.cap();
            int arrays = manager.getManagedArrays().size();
            CheckpointWriter.write(
                    loaded.model(),
                    GenerationDefaults.NONE,
                    folder,
                    WriteOptions.of(StoredType.BF16));
            assertEquals(arrays, manager.getManagedArrays().size());
        }
    }

    /** Returns the bytes of each tensor by name and type. */
    private static Map<String, ByteBuffer> contents(Path path) throws IOException {
        Map<String, ByteBuffer> contents = new TreeMap<>();
        SafetensorsFolder container = SafetensorsFolder.read(path);
        try (TensorReader reader = new TensorReader(container)) {
            for (TensorEntry entry : container.tensors().values()) {
                ByteBuffer bytes = ByteBuffer.allocate((int) entry.bytes());
                reader.readBytes(entry, 0, bytes);
                contents.put(entry.name() + " " + entry.type() + " " + entry.shape(), bytes.flip());
            }
        }
        return contents;
    }

    private static List<String> names(Path path) throws IOException {
        try (Stream<Path> files = Files.list(path)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
