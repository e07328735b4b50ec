package io.github.lapidary.data;

import io.github.lapidary.file.MalformedFileException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The bytes of a file of any length, mapped for reading, little-endian.
 *
 * <p>Java takes the mapping away when nobody holds this any longer.
 */
final class MappedFile {

    /** A power of two, so that no number lies across two segments. */
    private static final int SEGMENT_BITS = 30;

    private static final long SEGMENT = 1L << SEGMENT_BITS;

    private final Path file;
    private final List<MappedByteBuffer> segments = new ArrayList<>();

    MappedFile(Path file, FileChannel channel) throws IOException {
        this.file = file;
        long size = channel.size();
        for (long start = 0; start < size; start += SEGMENT) {
            MappedByteBuffer segment =
                    channel.map(MapMode.READ_ONLY, start, Math.min(SEGMENT, size - start));
            segment.order(ByteOrder.LITTLE_ENDIAN);
            segments.add(segment);
        }
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
        MappedByteBuffer segment = segment(place);
        int offset = offset(place);
        return segment.slice(offset, Math.min(most, segment.capacity() - offset));
    }

    private MappedByteBuffer segment(long place) {
        return segments.get((int) (place >>> SEGMENT_BITS));
    }

    private static int offset(long place) {
        return (int) (place & SEGMENT - 1);
    }
}
