package io.github.lapidary.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever the bytes, a reader returns a directory inside the file or one kind of exception. */
class ContainerFuzzTest {

    private static final int MUTANTS = 15_000;

    /** The files have some hundred bytes; JSON buffers and the classes' first use need the rest. */
    private static final long MAX_ALLOCATED_BYTES = 2_000_000;

    private static final Path NAME = Path.of("memory");

    private interface Reader {
        TensorContainer read(Path path, SeekableByteChannel channel) throws IOException;
    }

    @Test
    @Timeout(60)
    void safetensors() {
        String text =
                """
                {"__metadata__":{"format":"pt","a":"b"},\
                "first":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},\
                "empty":{"dtype":"I8","shape":[0,4],"data_offsets":[24,24]},\
                "second":{"dtype":"BF16","shape":[],"data_offsets":[24,26]}}""";
        byte[] header = text.getBytes(UTF_8);
        Mutator mutator = new Mutator(1);
        Outcomes outcomes = new Outcomes();
        for (int i = 0; i < MUTANTS; i++) {
            // A header whose length is right again is read further.
            byte[] mutant =
                    mutator.chance()
                            ? safetensors(mutator.damageText(header))
                            : mutator.damage(safetensors(header));
            outcomes.add(Safetensors::read, mutant);
        }
        outcomes.check();
    }

    private static byte[] safetensors(byte[] header) {
        return ByteBuffer.allocate(Long.BYTES + header.length + 26)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .put(header)
                .array();
    }

    @Test
    @Timeout(60)
    void gguf() {
        byte[] file =
                GgufBytes.header(3, 6)
                        .key("general.alignment", 4)
                        .int32(32)
                        .key("text", 8)
                        .string("Grüße")
                        .key("truth", 7)
                        .int8(1)
                        .key("strings", 9)
                        .int32(8)
                        .int64(2)
                        .string("a")
                        .string("bc")
                        .key("reals", 9)
                        .int32(6)
                        .int64(3)
                        .int32(1)
                        .int32(2)
                        .int32(3)
                        .key("long", 10)
                        .int64(77)
                        .tensor("plain", 0, 0, 4, 2)
                        .tensor("quantised", 8, 32, 64)
                        .tensor("scalar", 24, 128)
                        .data(129);
        Mutator mutator = new Mutator(2);
        Outcomes outcomes = new Outcomes();
        for (int i = 0; i < MUTANTS; i++) {
            outcomes.add(Gguf::read, mutator.damage(file));
        }
        outcomes.check();
    }

    /** Counts what became of the mutants. */
    private static final class Outcomes {

        private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        private int accepted;
        private int refused;

        void add(Reader reader, byte[] mutant) {
            long before = threads.getCurrentThreadAllocatedBytes();
            try {
                TensorContainer container = reader.read(NAME, new MemoryChannel(mutant));
                accepted++;
                container.tensors().values().forEach(entry -> checkInside(entry, mutant));
            } catch (MalformedFileException e) {
                refused++;
            } catch (IOException | RuntimeException e) {
                fail("unexpected for " + HexFormat.of().formatHex(mutant), e);
            }
            long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            assertTrue(
                    allocated < MAX_ALLOCATED_BYTES,
                    () -> allocated + " bytes for " + HexFormat.of().formatHex(mutant));
        }

        private static void checkInside(TensorEntry entry, byte[] file) {
            assertTrue(
                    entry.offset() >= 0 && entry.offset() <= file.length - entry.bytes(),
                    () -> entry + " in " + HexFormat.of().formatHex(file));
        }

        /** Mutants that all fail in the same place would prove little. */
        void check() {
            assertTrue(
                    accepted > MUTANTS / 200 && refused > MUTANTS / 4,
                    accepted + " accepted, " + refused + " refused");
        }
    }
}
