package io.github.lapidary.data;

import io.github.lapidary.file.MalformedFileException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The bytes of a file of any length for reading, little-endian: those of a small file in memory,
 * those of others mapped.
 *
 * <p>Java takes the mapping away when nobody holds this any longer. A system allows a process some
 * ten thousands of them.
 */
final class MappedFile {

    /** A power of two, so that no number lies across two segments. */
    private static final int SEGMENT_BITS = 30;

    private static final long SEGMENT = 1L << SEGMENT_BITS;

    private static final long LARGEST_READ = 1 << 16;

    private final Path file;
    private final List<ByteBuffer> segments = new ArrayList<>();

    MappedFile(Path file, FileChannel channel) throws IOException {
        this.file = file;
        long size = channel.size();
        for (long start = 0; start < size; start += SEGMENT) {
            ByteBuffer segment =
                    size <= LARGEST_READ
                            ? read(channel, (int) size)
                            : channel.map(
                                    MapMode.READ_ONLY, start, Math.min(SEGMENT, size - start));
            segments.add(segment.order(ByteOrder.LITTLE_ENDIAN));
        }
    }

    private ByteBuffer read(FileChannel channel, int size) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(size);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, bytes.position()) < 0) {
                throw new MalformedFileException(file, "it became shorter, or cannot be read.");
            }
        }
        return bytes.flip();
    }

    /** Reads something of the mapping. */
    interface Reading<T> {
        T read() throws IOException;
    }

    /** Reads; if the file has become shorter since, that is told. */
    <T> T reading(Reading<T> reading) throws IOException {
        try {
            return reading.read();
        } catch (InternalError e) { // what the JVM makes of a page that is gone
            throw new MalformedFileException(file, "it became shorter, or cannot be read.", e);
        }
    }

    /** Returns the two bytes at an even place, as a number without sign. */
    int unsignedShort(long place) {
        return segment(place).getShort(offset(place)) & 0xFFFF;
    }

    /** Returns the four bytes at a place that is a multiple of 4. */
    int integer(long place) {
        return segment(place).getInt(offset(place));
    }

    /** Returns the eight bytes at a place that is a multiple of 8. */
    long longInteger(long place) {
        return segment(place).getLong(offset(place));
    }

    /** Returns the bytes from a place on, at most to the end of their segment. */
    ByteBuffer bytes(long place, int most) {
        ByteBuffer segment = segment(place);
        int offset = offset(place);
        return segment.slice(offset, Math.min(most, segment.capacity() - offset));
    }

    private ByteBuffer segment(long place) {
        return segments.get((int) (place >>> SEGMENT_BITS));
    }

    private static int offset(long place) {
        return (int) (place & SEGMENT - 1);
    }
}
