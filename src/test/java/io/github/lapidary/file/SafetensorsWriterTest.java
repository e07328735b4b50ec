package io.github.lapidary.file;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsWriterTest {

    private static final Map<String, String> METADATA = Map.of("format", "pt");
    private static final SafetensorsWriter WRITER = new SafetensorsWriter(METADATA);

    @TempDir private Path folder;
    private final Random random = new Random(3);
    private final Map<String, byte[]> content = new LinkedHashMap<>();

    @Test
    void readsBackBitForBit() throws IOException {
        List<OutgoingTensor> tensors =
                List.of(
                        tensor("odd", StoredType.BF16, 3),
                        tensor("byte", StoredType.U8, 1),
                        tensor("double", StoredType.F64, 2, 3),
                        tensor("\"quoted\\ ß\n", StoredType.F32, 5, 0, 2),
                        tensor("scalar", StoredType.I64),
                        // More than is written at once.
                        tensor("large", StoredType.F32, 700_000));
        Path file = folder.resolve("out.safetensors");
        Files.writeString(file, "older");

        WRITER.writeFile(file, tensors);

        Safetensors read = Safetensors.read(file);
        assertEquals(METADATA, read.metadata());
        assertEquals(
                List.of("double", "scalar", "\"quoted\\ ß\n", "large", "odd", "byte"),
                List.copyOf(read.tensors().keySet()));
        assertContent(read, tensors);
        for (TensorEntry entry : read.tensors().values()) {
            assertEquals(0, entry.offset() % entry.type().blockBytes(), entry.name());
        }
        assertEquals(List.of("out.safetensors"), files());
    }

    @Test
    void splitsByBytesAndReadsBack() throws IOException {
        List<OutgoingTensor> tensors =
                List.of(
                        tensor("a", StoredType.F32, 10),
                        tensor("b", StoredType.F32, 15),
                        tensor("large", StoredType.F32, 60),
                        tensor("c", StoredType.BF16, 50),
                        tensor("d", StoredType.I8, 1));

        WRITER.writeFolder(folder, tensors, 100);

        assertEquals(
                List.of(
                        "model-00001-of-00004.safetensors",
                        "model-00002-of-00004.safetensors",
                        "model-00003-of-00004.safetensors",
                        "model-00004-of-00004.safetensors",
                        "model.safetensors.index.json"),
                files());
        SafetensorsFolder read = SafetensorsFolder.read(folder);
        assertContent(read, tensors);
        assertEquals("model-00001-of-00004.safetensors", shard(read, "b"));
        assertEquals("model-00002-of-00004.safetensors", shard(read, "large"));
        assertEquals("model-00003-of-00004.safetensors", shard(read, "c"));
        assertEquals("model-00004-of-00004.safetensors", shard(read, "d"));
        assertEquals(METADATA, Safetensors.read(read.tensors().get("d").file()).metadata());
        JsonObject index =
                JsonParser.parseString(
                                Files.readString(folder.resolve("model.safetensors.index.json")))
                        .getAsJsonObject();
        assertEquals(441, index.getAsJsonObject("metadata").get("total_size").getAsLong());
        assertEquals(5, index.getAsJsonObject("weight_map").size());
    }

    @Test
    void writesOneFileWithoutIndexIfAllFits() throws IOException {
        List<OutgoingTensor> tensors =
                List.of(tensor("a", StoredType.F32, 10), tensor("b", StoredType.F32, 15));
        WRITER.writeFolder(folder, tensors, 100);
        assertEquals(List.of("model.safetensors"), files());
        assertContent(SafetensorsFolder.read(folder), tensors);
    }

    @Test
    void leavesNothingWhenASourceFails() throws IOException {
        Path older = Files.writeString(folder.resolve("out.safetensors"), "older");
        OutgoingTensor failing =
                new OutgoingTensor(
                        "b",
                        StoredType.I8,
                        List.of(4L),
                        out -> {
                            out.write(ByteBuffer.allocate(2));
                            throw new IOException("No space left on device");
                        });
        List<OutgoingTensor> tensors = List.of(tensor("a", StoredType.I8, 4), failing);

        Exception single = assertThrows(IOException.class, () -> WRITER.writeFile(older, tensors));
        assertEquals(
                older + " could not be written: No space left on device.", single.getMessage());
        Exception sharded =
                assertThrows(IOException.class, () -> WRITER.writeFolder(folder, tensors, 4));
        assertTrue(
                sharded.getMessage().contains("model-00002-of-00002.safetensors could not"),
                sharded.getMessage());

        assertEquals("older", Files.readString(older));
        assertEquals(List.of("out.safetensors"), files());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 5})
    void refusesSourcesOfAnotherLength(int bytes) throws IOException {
        OutgoingTensor tensor =
                new OutgoingTensor(
                        "wrong",
                        StoredType.I8,
                        List.of(4L),
                        out -> out.write(ByteBuffer.allocate(bytes)));
        Path file = folder.resolve("out.safetensors");
        Exception error =
                assertThrows(
                        IllegalStateException.class, () -> WRITER.writeFile(file, List.of(tensor)));
        assertTrue(error.getMessage().contains("tensor wrong writes"), error.getMessage());
        assertEquals(List.of(), files());
    }

    @Test
    void refusesWhatTheFormatCannotHold() throws IOException {
        assertIllegal("__metadata__", StoredType.F32, List.of());
        assertIllegal("n".repeat(1025), StoredType.F32, List.of());
        assertIllegal("\uD800", StoredType.F32, List.of());
        assertIllegal("a", StoredType.Q8_0, List.of(32L));
        assertIllegal("a", StoredType.F32, List.of(-1L));
        assertIllegal("a", StoredType.F32, List.of(1L, 1L, 1L, 1L, 1L, 1L, 1L, 1L, 1L));
        List<OutgoingTensor> twice =
                List.of(tensor("a", StoredType.F32, 1), tensor("a", StoredType.F32, 1));
        assertThrows(
                IllegalArgumentException.class,
                () -> WRITER.writeFile(folder.resolve("out.safetensors"), twice));
        assertThrows(IllegalArgumentException.class, () -> WRITER.writeFolder(folder, twice, 4));
        assertThrows(
                IllegalArgumentException.class, () -> WRITER.writeFolder(folder, List.of(), 0));
        assertEquals(List.of(), files());
    }

    private static void assertIllegal(String name, StoredType type, List<Long> shape) {
        assertThrows(
                IllegalArgumentException.class,
                () -> new OutgoingTensor(name, type, shape, out -> {}));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "model.safetensors",
                "model.safetensors.index.json",
                "model-00007-of-00009.safetensors"
            })
    void neverMixesWithAnOlderCheckpoint(String older) throws IOException {
        Files.createFile(folder.resolve(older));
        List<OutgoingTensor> tensors = List.of(tensor("a", StoredType.F32, 1));
        Exception error =
                assertThrows(
                        FileAlreadyExistsException.class,
                        () -> WRITER.writeFolder(folder, tensors, 100));
        assertTrue(error.getMessage().contains(older), error.getMessage());
        assertEquals(List.of(older), files());
    }

    @Test
    void saysThatTheFolderIsMissing() {
        Path file = folder.resolve("none").resolve("out.safetensors");
        Exception error = assertThrows(IOException.class, () -> WRITER.writeFile(file, List.of()));
        assertEquals(
                file + " could not be written: its folder does not exist.", error.getMessage());
    }

    private OutgoingTensor tensor(String name, StoredType type, long... sizes) {
        List<Long> shape = new ArrayList<>();
        long elements = 1;
        for (long size : sizes) {
            shape.add(size);
            elements *= size;
        }
        byte[] bytes = new byte[(int) type.bytes(elements)];
        random.nextBytes(bytes);
        content.put(name, bytes);
        return new OutgoingTensor(
                name,
                type,
                shape,
                out -> {
                    int half = bytes.length / 2;
                    out.write(ByteBuffer.wrap(bytes, 0, half));
                    out.write(ByteBuffer.wrap(bytes, half, bytes.length - half));
                });
    }

    private void assertContent(TensorContainer read, List<OutgoingTensor> tensors)
            throws IOException {
        assertEquals(tensors.size(), read.tensors().size());
        try (TensorReader reader = new TensorReader(read)) {
            for (OutgoingTensor tensor : tensors) {
                TensorEntry entry = read.tensors().get(tensor.name());
                assertEquals(tensor.type(), entry.type());
                assertEquals(tensor.shape(), entry.shape());
                ByteBuffer bytes = ByteBuffer.allocate((int) entry.bytes());
                reader.readBytes(entry, 0, bytes);
                assertArrayEquals(content.get(tensor.name()), bytes.array(), tensor.name());
            }
        }
    }

    private static String shard(TensorContainer container, String tensor) {
        return container.tensors().get(tensor).file().getFileName().toString();
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return List.copyOf(
                    new TreeSet<>(files.map(file -> file.getFileName().toString()).toList()));
        }
    }
}
