package io.github.lapidary.data;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.lapidary.file.MalformedFileException;
import java.io.IOException;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Reads a file strictly as UTF-8 text: what is not is refused with the byte at which it stands.
 *
 * <p>A byte of 0 is refused too: it is valid UTF-8, but no text has it, and UTF-16 has many.
 */
final class Utf8Reader extends Reader {

    private static final int BUFFER_BYTES = 1 << 16;
    private static final char BYTE_ORDER_MARK = '\uFEFF';

    private final Path file;
    private final FileChannel channel;
    private final ByteBuffer bytes = ByteBuffer.allocate(BUFFER_BYTES).flip();
    private final CharsetDecoder decoder = UTF_8.newDecoder();
    private long filled;
    private boolean begun;
    private boolean ended;

    Utf8Reader(Path file) throws IOException {
        this.file = file;
        if (!Files.exists(file)) {
            throw new NoSuchFileException(file.toString(), null, "there is no such file");
        }
        if (!Files.isRegularFile(file)) {
            throw new FileSystemException(file.toString(), null, "not a regular file");
        }
        channel = FileChannel.open(file, StandardOpenOption.READ);
    }

    /** Returns how many bytes of the file have become characters. */
    long position() {
        return filled - bytes.remaining();
    }

    @Override
    public int read(char[] target, int start, int count) throws IOException {
        if (count < 2) {
            throw new IllegalArgumentException("A character may take two places; there is one.");
        }
        CharBuffer characters = CharBuffer.wrap(target, start, count).slice();
        while (true) {
            CoderResult result = decoder.decode(bytes, characters, ended);
            if (result.isError()) {
                throw malformed("it is no UTF-8 text", position());
            }
            if (!begun && characters.position() > 0) {
                begun = true;
                if (characters.get(0) == BYTE_ORDER_MARK) {
                    characters.flip().position(1);
                    characters.compact();
                }
            }
            if (characters.position() > 0) {
                return characters.position();
            }
            if (ended) {
                return -1;
            }
            fill();
        }
    }

    private void fill() throws IOException {
        bytes.compact();
        int start = bytes.position();
        ended = channel.read(bytes) < 0;
        filled += bytes.position() - start;
        bytes.flip();
        for (int i = start; i < bytes.limit(); i++) {
            if (bytes.get(i) == 0) {
                throw malformed("it is binary, no text", filled - bytes.limit() + i);
            }
        }
    }

    private MalformedFileException malformed(String problem, long place) {
        return new MalformedFileException(file, problem + ": see the byte at " + place + ".");
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
