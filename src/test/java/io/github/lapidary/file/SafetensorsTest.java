package io.github.lapidary.file;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {

    private static final Path NAME = Path.of("memory.safetensors");

    @Test
    void readsShapesOffsetsAndMetadata() throws IOException {
        String header =
                """
                {"__metadata__": {"format": "pt", "note": "Grüße"},
                 "b": {"dtype": "BF16", "shape": [2, 3], "data_offsets": [8, 20]},
                 "a": {"shape": [], "dtype": "I64", "data_offsets": [0, 8]},
                 "none": {"dtype": "F32", "shape": [0, 7], "data_offsets": [20, 20]}}\s\s""";
        int start = 8 + header.getBytes(UTF_8).length;

        Safetensors file = read(file(header, 20));

        assertEquals(Map.of("format", "pt", "note", "Grüße"), file.metadata());
        assertEquals(
                List.of(
                        new TensorEntry("b", StoredType.BF16, List.of(2L, 3L), NAME, start + 8),
                        new TensorEntry("a", StoredType.I64, List.of(), NAME, start),
                        new TensorEntry("none", StoredType.F32, List.of(0L, 7L), NAME, start + 20)),
                List.copyOf(file.tensors().values()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{} x | 0 | not JSON",
                "[] | 0 | no JSON object",
                "{\"a\": {\"dtype\" | 0 | too early",
                "{'a': {}} | 0 | not JSON",
                "{\"a\": 3} | 0 | a number at $.a; expected an object",
                "{\"a\": {}} | 0 | lacks one of",
                "{\"a\": {\"dtype\": \"U8\", \"shape\": [1]}} | 1 | lacks one of",
                "{\"__metadata__\": {\"a\": 1}} | 0 | expected a string",
                "{\"__metadata__\": {}, \"__metadata__\": {}} | 0 | twice at $.__metadata__",
                "{\"__metadata__\": {\"k\": \"1\", \"k\": \"2\"}} | 0 | twice at $.__metadata__.k",
                "{\"\\ud800\": {}} | 0 | half of a surrogate pair",
                "{\"a\": {\"extra\": [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}} | 0 | an unknown key",
            })
    void refusesHeadersOfAnotherForm(String header, int dataBytes, String message) {
        assertRefused(message, file(header, dataBytes));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "F8_E4M3 | [4]       | [0, 4]   | 4  | the tensor a has the type F8_E4M3; expected",
                "Q8_0    | [32]      | [0, 34]  | 34 | the tensor a has the type Q8_0; expected",
                "F32     | [2]       | [0, 4]   | 4  | has 4 bytes; expected 8 for F32 [2]",
                "F32     | [2]       | [8, 0]   | 8  | [8, 0]; expected [begin, end]",
                "F32     | [2]       | [0]      | 8  | [0]; expected [begin, end]",
                "F32     | [2]       | [0, 8, 9]| 8  | more than 2 elements",
                "F32     | [2]       | [0, 8]   | 7  | but the file ends at",
                "F32     | [2]       | [0, 8]   | 9  | after the last tensor, belong to no tensor",
                "F32     | [2]       | [1, 9]   | 9  | before the tensor a, belong to no tensor",
                "F32     | [-2]      | [0, 8]   | 8  | the negative number -2 at $.a.shape[0]",
                "F32     | [2.0]     | [0, 8]   | 8  | 2.0, no 64-bit integer, at $.a.shape[0]",
                "F32     | [\"2\"]   | [0, 8]   | 8  | a string at $.a.shape[0]; expected a number",
                "F32     | [9223372036854775808] | [0, 8] | 8 | no 64-bit integer",
                "F32     | [4294967296, 4294967296] | [0, 8] | 8 | more than a file can hold",
                "F32     | [4611686018427387904]    | [0, 8] | 8 | more than a file can hold",
                "I8      | [4]  | [9223372036854775800, 9223372036854775804] | 4 | more than a file",
                "F32     | [1, 1, 1, 1, 1, 1, 1, 1, 1] | [0, 4] | 4 | more than 8 elements",
            })
    void refusesTensors(String type, String shape, String offsets, int data, String message) {
        assertRefused(message, file("{" + tensor("a", type, shape, offsets) + "}", data));
    }

    @Test
    void refusesTensorsThatOverlapOrLeaveHoles() {
        String first = tensor("a", "I8", "[4]", "[0, 4]");
        assertRefused(
                "the tensor b starts at byte",
                file("{" + first + "," + tensor("b", "I8", "[4]", "[3, 7]") + "}", 7));
        assertRefused(
                "the tensor b starts at byte",
                file("{" + first + "," + tensor("b", "I8", "[4]", "[0, 4]") + "}", 4));
        assertRefused(
                "before the tensor b, belong to no tensor",
                file("{" + first + "," + tensor("b", "I8", "[4]", "[5, 9]") + "}", 9));
    }

    @Test
    void refusesDuplicateAndOverlongNames() {
        String tensor = tensor("a", "I8", "[4]", "[0, 4]");
        assertRefused(
                "this key twice at $.a",
                file("{" + tensor + "," + tensor("a", "I8", "[4]", "[4, 8]") + "}", 8));
        assertRefused("this key twice", file("{\"a\": {\"dtype\": \"I8\", \"dtype\": \"I8\"}}", 0));
        assertRefused(
                "name has 1025 characters",
                file("{" + tensor("n".repeat(1025), "I8", "[4]", "[0, 4]") + "}", 4));
    }

    @Test
    void refusesBrokenHeaderLengths() {
        byte[] whole = file("{" + tensor("a", "I8", "[4]", "[0, 4]") + "}", 4);
        assertRefused("ends at byte 0; expected 8 more", new byte[0]);
        assertRefused("ends at byte 7; expected 1 more", Arrays.copyOf(whole, 7));
        assertRefused("but the file only 12", Arrays.copyOf(whole, 20));
        assertRefused("length is 100000001; expected at most 100000000", length(100_000_001));
        assertRefused("length is 18446744073709551615; expected", length(-1));
        assertRefused("100000000 bytes, but the file only 0", length(100_000_000));
        assertRefused("no JSON object", length(0));
    }

    @Test
    void refusesTextThatIsNotUtf8() {
        assertRefused("not UTF-8", file("{\"\u00FC\": {}}", 0, ISO_8859_1));
    }

    @Test
    void namesTheFileAndKeepsControlCharactersOut() {
        Exception error = assertRefused("", file("{" + tensor("a\\n", "?", "[]", "[0, 0]"), 0));
        assertTrue(error.getMessage().startsWith("memory.safetensors: the tensor a? has the type"));
    }

    @Test
    void refusesWhatIsNoFile(@TempDir Path folder) throws IOException {
        assertThrows(NoSuchFileException.class, () -> Safetensors.read(folder.resolve("none")));
        Files.createDirectory(folder.resolve("folder"));
        assertThrows(FileSystemException.class, () -> Safetensors.read(folder.resolve("folder")));
    }

    private static Exception assertRefused(String message, byte[] file) {
        Exception error = assertThrows(MalformedFileException.class, () -> read(file));
        assertTrue(error.getMessage().contains(message), error.getMessage());
        return error;
    }

    private static Safetensors read(byte[] file) throws IOException {
        return Safetensors.read(NAME, new MemoryChannel(file));
    }

    private static String tensor(String name, String type, String shape, String offsets) {
        return "\"%s\": {\"dtype\": \"%s\", \"shape\": %s, \"data_offsets\": %s}"
                .formatted(name, type, shape, offsets);
    }

    private static byte[] length(long length) {
        return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array();
    }

    private static byte[] file(String header, int dataBytes) {
        return file(header, dataBytes, UTF_8);
    }

    private static byte[] file(String header, int dataBytes, Charset charset) {
        byte[] bytes = header.getBytes(charset);
        return ByteBuffer.allocate(8 + bytes.length + dataBytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(bytes.length)
                .put(bytes)
                .array();
    }
}
