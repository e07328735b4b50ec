package io.github.lapidary.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file that ends with the checksum of its bytes. */
class SealTest {

    @TempDir private Path folder;
    private Path file;
    private byte[] sealed;

    @BeforeEach
    void write() throws IOException {
        file = folder.resolve("sealed");
        Files.writeString(file, "older");
        OutgoingTensor bytes = tensor("bytes", StoredType.U8, new byte[] {1, 2, 3});
        OutgoingTensor numbers = tensor("numbers", StoredType.F32, new byte[] {4, 5, 6, 7});
        new SafetensorsWriter(Map.of("a", "b")).writeSealed(file, List.of(bytes, numbers));
        sealed = Files.readAllBytes(file);
    }

    private static OutgoingTensor tensor(String name, StoredType type, byte[] bytes) {
        return new OutgoingTensor(
                name,
                type,
                List.of((long) bytes.length / type.blockBytes()),
                out -> out.write(ByteBuffer.wrap(bytes)));
    }

    @Test
    void isTheLastOfAFileLikeAnyOther() throws IOException {
        Safetensors read = Safetensors.read(file);
        read.checkSeal();
        assertEquals(Map.of("a", "b"), read.metadata());
        assertEquals(List.of("numbers", "bytes", "checksum"), List.copyOf(read.tensors().keySet()));
    }

    @Test
    void everyBitCounts() throws IOException {
        for (int i = 0; i < 8 * sealed.length; i++) {
            byte[] changed = sealed.clone();
            changed[i / 8] ^= (byte) (1 << i % 8);
            assertRefused(changed);
        }
    }

    @Test
    void noByteMayBeMissingOrMore() throws IOException {
        for (int length = 0; length < sealed.length; length++) {
            assertRefused(Arrays.copyOf(sealed, length));
        }
        assertRefused(Arrays.copyOf(sealed, sealed.length + 1));
    }

    private void assertRefused(byte[] bytes) throws IOException {
        Files.write(file, bytes);
        assertThrows(MalformedFileException.class, () -> Safetensors.read(file).checkSeal());
    }

    @Test
    void aFileWithoutOneIsRefused() throws IOException {
        new SafetensorsWriter(Map.of()).writeFile(file, List.of());
        Safetensors read = Safetensors.read(file);
        assertEquals(
                file + ": the checksum is missing; expected 32 bytes at the end of the file.",
                assertThrows(MalformedFileException.class, read::checkSeal).getMessage());
    }
}
