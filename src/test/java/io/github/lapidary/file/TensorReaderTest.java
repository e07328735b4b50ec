package io.github.lapidary.file;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class TensorReaderTest {

    private static final Path FIXTURE = Resources.path("gguf/quantised.gguf");

    @Test
    void readsPartsLikeTheWhole() throws IOException {
        Gguf file = Gguf.read(FIXTURE);
        TensorEntry entry = file.tensors().get("q5_1");
        try (TensorReader reader = new TensorReader(file)) {
            FloatBuffer whole = FloatBuffer.allocate(3072);
            reader.readFloats(entry, 0, whole);
            FloatBuffer parts = FloatBuffer.allocate(3072);
            for (int first = 0; first < 3072; first += 96) {
                reader.readFloats(entry, first, parts.limit(first + 96));
            }
            assertArrayEquals(whole.array(), parts.array());
        }
    }

    @Test
    void readsTensorsOfManyChunks(@TempDir Path folder) throws IOException {
        // 400,000 bytes are more than is read at once.
        float[] values = new float[100_000];
        ByteBuffer bytes = ByteBuffer.allocate(400_000).order(LITTLE_ENDIAN);
        for (int i = 0; i < values.length; i++) {
            values[i] = i * 0.37f;
            bytes.putFloat(values[i]);
        }
        byte[] file = GgufBytes.header(1, 0).tensor("t", 0, 0, 100_000).data(400_000);
        System.arraycopy(bytes.array(), 0, file, file.length - 400_000, 400_000);
        Gguf read = Gguf.read(Files.write(folder.resolve("large.gguf"), file));
        try (TensorReader reader = new TensorReader(read)) {
            FloatBuffer floats = FloatBuffer.allocate(values.length);
            reader.readFloats(read.tensors().get("t"), 0, floats);
            assertArrayEquals(values, floats.array());
        }
    }

    @Test
    void readsBeyondTwoGibibytes(@TempDir Path folder) throws IOException {
        long elements = 3L << 28;
        String header =
                "{\"t\":{\"dtype\":\"F32\",\"shape\":[%d],\"data_offsets\":[0,%d]}}"
                        .formatted(elements, 4 * elements);
        Path file = folder.resolve("large.safetensors");
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer start = ByteBuffer.allocate(8 + header.length()).order(LITTLE_ENDIAN);
            channel.write(start.putLong(header.length()).put(header.getBytes(UTF_8)).flip());
            // Nothing is written before the last element: the file takes no room on the disk.
            channel.position(start.limit() + 4 * (elements - 1));
            channel.write(ByteBuffer.allocate(4).order(LITTLE_ENDIAN).putFloat(0, 2.5f));
        }
        Safetensors read = Safetensors.read(file);
        try (TensorReader reader = new TensorReader(read)) {
            FloatBuffer floats = FloatBuffer.allocate(2);
            reader.readFloats(read.tensors().get("t"), elements - 2, floats);
            assertArrayEquals(new float[] {0, 2.5f}, floats.array());
        }
    }

    @Test
    void readsShards() throws IOException {
        SafetensorsFolder shards = SafetensorsFolder.read(Resources.path("golden/tiny/gemma1_mqa"));
        try (TensorReader reader = new TensorReader(shards)) {
            TensorEntry entry = shards.tensors().get("model.norm.weight");
            ByteBuffer bytes = ByteBuffer.allocate((int) entry.bytes());
            reader.readBytes(entry, 0, bytes);
            byte[] file = Files.readAllBytes(entry.file());
            assertEquals(
                    ByteBuffer.wrap(file, (int) entry.offset(), bytes.capacity()), bytes.flip());
        }
    }

    @Test
    void refusesRangesOutsideTheTensor() throws IOException {
        Gguf file = Gguf.read(FIXTURE);
        TensorEntry entry = file.tensors().get("q8_0");
        TensorEntry stranger =
                new TensorEntry("a", StoredType.I8, entry.shape(), Path.of("other"), 0);
        try (TensorReader reader = new TensorReader(file)) {
            FloatBuffer block = FloatBuffer.allocate(32);
            assertIllegal(() -> reader.readFloats(entry, 3072, block));
            assertIllegal(() -> reader.readFloats(entry, -32, block));
            assertIllegal(() -> reader.readFloats(entry, 16, block));
            assertIllegal(() -> reader.readFloats(entry, 0, FloatBuffer.allocate(31)));
            assertIllegal(() -> reader.readFloats(file.tensors().get("i32"), 0, block.limit(4)));
            assertIllegal(() -> reader.readBytes(entry, entry.bytes(), ByteBuffer.allocate(1)));
            assertIllegal(() -> reader.readBytes(stranger, 0, ByteBuffer.allocate(1)));
        }
    }

    private static void assertIllegal(Executable call) {
        assertThrows(IllegalArgumentException.class, call);
    }

    @Test
    void noticesThatAFileBecameShorter(@TempDir Path folder) throws IOException {
        Path copy = Files.copy(FIXTURE, folder.resolve("copy.gguf"));
        Gguf file = Gguf.read(copy);
        TensorEntry last = file.tensors().get("vector");
        try (TensorReader reader = new TensorReader(file)) {
            try (FileChannel channel = FileChannel.open(copy, StandardOpenOption.WRITE)) {
                channel.truncate(last.offset() + 4);
            }
            Exception error =
                    assertThrows(
                            MalformedFileException.class,
                            () -> reader.readFloats(last, 0, FloatBuffer.allocate(5)));
            assertTrue(error.getMessage().contains("inside the tensor vector"));
        }
    }

    @Test
    void readsNothingAfterItIsClosed() throws IOException {
        Gguf file = Gguf.read(FIXTURE);
        TensorReader reader = new TensorReader(file);
        reader.close();
        assertThrows(
                ClosedChannelException.class,
                () -> reader.readBytes(file.tensors().get("i8"), 0, ByteBuffer.allocate(1)));
    }
}
