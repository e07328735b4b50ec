package io.github.lapidary.file;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;

/** The primitive values of a GGUF header, read forwards through a window over the file. */
final class GgufInput {

    private static final int WINDOW_BYTES = 1 << 18;

    private final Path path;
    private final SeekableByteChannel channel;
    private final long size;
    private final ByteBuffer window;
    private long taken;
    private String reading = "the header";

    GgufInput(Path path, SeekableByteChannel channel) throws IOException {
        this.path = path;
        this.channel = channel;
        size = channel.size();
        window = ByteBuffer.allocate((int) Math.min(WINDOW_BYTES, Math.max(size, Long.BYTES)));
        window.order(ByteOrder.LITTLE_ENDIAN).flip();
    }

    /** Names what is read next, for messages. */
    void reading(String what) {
        reading = what;
    }

    MalformedFileException malformed(String problem) {
        return new MalformedFileException(path, reading + " " + problem);
    }

    long position() {
        return taken - window.remaining();
    }

    long remaining() {
        return size - position();
    }

    int int8() throws IOException {
        need(Byte.BYTES);
        return window.get();
    }

    int int16() throws IOException {
        need(Short.BYTES);
        return window.getShort();
    }

    int int32() throws IOException {
        need(Integer.BYTES);
        return window.getInt();
    }

    long int64() throws IOException {
        need(Long.BYTES);
        return window.getLong();
    }

    /** Reads an unsigned 64-bit number, refusing what does not fit a long. */
    long unsigned64() throws IOException {
        long value = int64();
        if (value < 0) {
            throw malformed(
                    "is %s; expected at most %d."
                            .formatted(Long.toUnsignedString(value), Long.MAX_VALUE));
        }
        return value;
    }

    /** Reads a count of things that take at least so many bytes each, refusing a dishonest one. */
    int count(long limit, int bytesEach) throws IOException {
        long count = unsigned64();
        if (count > limit) {
            throw malformed("counts %d; expected at most %d.".formatted(count, limit));
        }
        if (count > remaining() / bytesEach) {
            throw malformed(
                    "counts %d, but the file has only %d more bytes."
                            .formatted(count, remaining()));
        }
        return (int) count;
    }

    /** Reads a length and so many bytes of UTF-8. */
    String string(int limit) throws IOException {
        int length = count(limit, 1);
        byte[] bytes;
        int start;
        if (length <= window.capacity()) {
            need(length);
            bytes = window.array();
            start = window.position();
            window.position(start + length);
        } else {
            bytes = bytes(length);
            start = 0;
        }
        String text = new String(bytes, start, length, UTF_8);
        // Decoding puts this character where the bytes are wrong, but it may be meant.
        if (text.indexOf('\uFFFD') >= 0) {
            checkDecodes(ByteBuffer.wrap(bytes, start, length));
        }
        return text;
    }

    private void checkDecodes(ByteBuffer bytes) throws MalformedFileException {
        try {
            UTF_8.newDecoder().decode(bytes);
        } catch (CharacterCodingException e) {
            throw new MalformedFileException(
                    path, reading + " holds a string that is not UTF-8.", e);
        }
    }

    private byte[] bytes(int length) throws IOException {
        byte[] bytes = new byte[length];
        for (int done = 0; done < length; ) {
            need(1);
            int step = Math.min(length - done, window.remaining());
            window.get(bytes, done, step);
            done += step;
        }
        return bytes;
    }

    /** Makes the window hold at least so many bytes. */
    private void need(int bytes) throws IOException {
        if (window.remaining() < bytes) {
            refill(bytes);
        }
    }

    private void refill(int bytes) throws IOException {
        if (remaining() < bytes) {
            throw malformed(
                    "ends at byte %d, the end of the file; expected %d more bytes."
                            .formatted(size, bytes - remaining()));
        }
        if (position() > Limits.HEADER_BYTES) {
            throw malformed(
                    "lies beyond byte %d; expected a smaller header."
                            .formatted(Limits.HEADER_BYTES));
        }
        window.compact();
        while (window.position() < bytes) {
            int count = channel.read(window);
            if (count < 0) {
                throw malformed("cannot be read: the file became shorter.");
            }
            taken += count;
        }
        window.flip();
    }
}
