package io.github.lapidary.file;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GgufTest {

    private static final Path NAME = Path.of("memory.gguf");
    private static final Path FIXTURE = Resources.path("gguf/quantised.gguf");

    private static final int UINT8 = 0;
    private static final int UINT32 = 4;
    private static final int BOOL = 7;
    private static final int STRING = 8;
    private static final int ARRAY = 9;
    private static final int UINT64 = 10;

    private static final int F32 = 0;
    private static final int Q4_0 = 2;
    private static final int Q6_K = 14;
    private static final int I8 = 24;

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void readsEveryKindOfValue(int version) throws IOException {
        GgufMetadata metadata = fixture(version).metadata();

        assertEquals(200L, metadata.get("test.uint8", Long.class));
        assertEquals(-100L, metadata.get("test.int8", Long.class));
        assertEquals(60_000L, metadata.get("test.uint16", Long.class));
        assertEquals(-30_000L, metadata.get("test.int16", Long.class));
        assertEquals(4_000_000_000L, metadata.get("test.uint32", Long.class));
        assertEquals(-2_000_000_000L, metadata.get("test.int32", Long.class));
        assertEquals(Long.MAX_VALUE, metadata.get("test.uint64", Long.class));
        assertEquals(Long.MIN_VALUE, metadata.get("test.int64", Long.class));
        assertEquals((double) 0.1f, metadata.get("test.float32", Double.class));
        assertEquals(0.1, metadata.get("test.float64", Double.class));
        assertEquals(true, metadata.get("test.bool", Boolean.class));
        assertEquals("Grüße, 世界 🌍", metadata.get("test.string", String.class));
        assertEquals(
                List.of("a", "", "\uFFFD", "ß".repeat(200_000)), metadata.strings("test.strings"));
        assertArrayEquals(new long[] {1, -2, 3}, metadata.get("test.integers", long[].class));
        assertArrayEquals(new long[] {1, 255}, metadata.get("test.bytes", long[].class));
        assertArrayEquals(new double[] {0.5, -1.5}, metadata.get("test.reals", double[].class));
        assertArrayEquals(
                new boolean[] {true, false}, metadata.get("test.truths", boolean[].class));
        assertThrows(NoSuchElementException.class, () -> metadata.get("test.bool", Long.class));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void readsTheDirectory(int version) throws IOException {
        Gguf file = fixture(version);

        assertEquals(version, file.version());
        assertEquals(19, file.tensors().size());
        TensorEntry cube = file.tensors().get("i16");
        assertEquals(List.of(2L, 3L, 4L), cube.shape());
        assertEquals(StoredType.I16, cube.type());
        assertEquals(List.of(5L), file.tensors().get("vector").shape());
        for (StoredType type : StoredType.values()) {
            if (type != StoredType.U8 && type != StoredType.BOOL) {
                String name = type.name().toLowerCase(Locale.ROOT);
                assertEquals(type, file.tensors().get(name).type());
            }
        }
        file.tensors().values().forEach(entry -> assertEquals(0, entry.offset() % 64));
    }

    @Test
    void refusesOtherFilesAndVersions() {
        assertRefused("starts with", new GgufBytes().raw("PK34").int32(3).data(64));
        assertRefused("version 1; expected 2 or 3", new GgufBytes().raw("GGUF").int32(1).end());
        assertRefused("version 4; expected 2 or 3", new GgufBytes().raw("GGUF").int32(4).end());
        assertRefused("is big endian", new GgufBytes().raw("GGUF").int32(0x03000000).end());
    }

    @Test
    void refusesEveryTruncation() {
        byte[] whole =
                GgufBytes.header(1, 2)
                        .key("a", STRING)
                        .string("text")
                        .key("b", ARRAY)
                        .int32(UINT32)
                        .int64(1)
                        .int32(7)
                        .tensor("t", F32, 0, 3)
                        .data(12);
        for (int length = 0; length < whole.length; length++) {
            byte[] part = Arrays.copyOf(whole, length);
            assertThrows(MalformedFileException.class, () -> read(part), "length " + length);
        }
    }

    @Test
    void refusesDishonestCounts() {
        assertRefused("tensors counts 9, but", GgufBytes.header(9, 0).data(64));
        assertRefused("keys counts 9, but", GgufBytes.header(0, 9).data(64));
        assertRefused("tensors is 18446744073709551615", GgufBytes.header(-1, 0).data(64));
        assertRefused("tensors counts 1048577; expected", GgufBytes.header(1_048_577, 0).end());
        assertRefused("keys counts 65537; expected", GgufBytes.header(0, 65_537).end());
        GgufBytes array = GgufBytes.header(0, 1).key("a", ARRAY).int32(UINT8);
        assertRefused("the key a counts 1000, but the file has", array.int64(1000).data(32));
        assertRefused(
                "the key a counts 5000000; expected at most 4194304",
                GgufBytes.header(0, 1).key("a", ARRAY).int32(UINT8).int64(5_000_000).data(32));
        assertRefused(
                "the key a counts 70, but",
                GgufBytes.header(0, 1).key("a", STRING).int64(70).data(32));
        assertRefused(
                "the key number 0 counts 65536; expected at most 65535",
                GgufBytes.header(0, 1).int64(65_536).data(32));
    }

    @Test
    void refusesMetadataOutsideTheFormat() {
        assertRefused(
                "the key a is there twice",
                GgufBytes.header(0, 2).key("a", UINT8).int8(1).key("a", UINT8).int8(1).data(32));
        assertRefused("the key a has the type 13", GgufBytes.header(0, 1).key("a", 13).data(32));
        assertRefused("the key a has the type -1", GgufBytes.header(0, 1).key("a", -1).data(32));
        assertRefused(
                "array of arrays",
                GgufBytes.header(0, 1).key("a", ARRAY).int32(ARRAY).int64(1).data(32));
        assertRefused(
                "truth value 2; expected", GgufBytes.header(0, 1).key("a", BOOL).int8(2).data(32));
        assertRefused(
                "the key a is 18446744073709551615; expected at most",
                GgufBytes.header(0, 1).key("a", UINT64).int64(-1).data(32));
        assertRefused(
                "the key a holds a string that is not UTF-8",
                GgufBytes.header(0, 1).key("a", STRING).int64(1).int8(0xFF).data(32));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4, 33, 48, 1 << 21, -1})
    void refusesAlignments(int alignment) {
        assertRefused(
                "general.alignment is",
                GgufBytes.header(0, 1).key("general.alignment", UINT32).int32(alignment).end());
    }

    @Test
    void refusesTensors() {
        assertRefused("the tensor t has the type 20 (IQ4_NL)", tensor(20, 0, 32));
        assertRefused("the tensor t has the type 4, which", tensor(4, 0, 32));
        assertRefused("rows of 33 elements; expected a multiple of 32", tensor(Q4_0, 0, 33));
        assertRefused("rows of 128 elements; expected a multiple of 256", tensor(Q6_K, 0, 128, 2));
        assertRefused("5 dimensions; expected at most 4", tensor(F32, 0, 1, 1, 1, 1, 1));
        assertRefused("the tensor t is 18446744073709551614", tensor(F32, 0, -2));
        assertRefused("more than a file can hold", tensor(F32, 0, 1L << 32, 1L << 32));
        assertRefused("more than a file can hold", tensor(F32, 0, Long.MAX_VALUE));
        assertRefused("offset 4; expected a multiple of 32", tensor(F32, 4, 1));
        assertRefused("offset 1024; expected a multiple of 32 inside", tensor(F32, 1024, 1));
        assertRefused("takes the bytes 64 to 320, but the file ends at 192", tensor(F32, 0, 64));
        assertRefused("takes the bytes 128 to 196, but the file ends", tensor(F32, 64, 17));
    }

    @Test
    void refusesNamesAndRangesUsedTwice() {
        assertRefused(
                "the tensor t is there twice",
                GgufBytes.header(2, 0).tensor("t", I8, 0, 4).tensor("t", I8, 32, 4).data(64));
        assertRefused(
                "the tensor a starts at byte 128, before byte 160 where b ends",
                GgufBytes.header(2, 0).tensor("a", I8, 32, 4).tensor("b", I8, 0, 64).data(96));
        assertRefused(
                "the tensor number 0 counts 1025; expected at most 1024",
                GgufBytes.header(1, 0).tensor("n".repeat(1025), I8, 0, 4).data(32));
    }

    private static byte[] tensor(int type, long offset, long... innermostFirst) {
        return GgufBytes.header(1, 0).tensor("t", type, offset, innermostFirst).data(128);
    }

    private static void assertRefused(String message, byte[] file) {
        Exception error = assertThrows(MalformedFileException.class, () -> read(file));
        assertTrue(error.getMessage().contains(message), error.getMessage());
    }

    private static Gguf read(byte[] file) throws IOException {
        return Gguf.read(NAME, new MemoryChannel(file));
    }

    /** The two versions have the same layout. */
    private static Gguf fixture(int version) throws IOException {
        byte[] bytes = Files.readAllBytes(FIXTURE);
        assertEquals(3, bytes[4]);
        bytes[4] = (byte) version;
        return read(bytes);
    }
}
