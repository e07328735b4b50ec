package io.github.lapidary.data;

import io.github.lapidary.file.MalformedFileException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;

/** Reads the lines of a text file with their ends, so that nothing of the text is lost. */
final class LineReader implements Closeable {

    /** The characters that a line, and a document, may have. */
    static final int MOST_CHARACTERS = 1 << 28;

    private final Path file;
    private final Utf8Reader reader;
    private final char[] characters = new char[1 << 14];
    private int start;
    private int end;
    private long number;

    LineReader(Path file) throws IOException {
        this.file = file;
        reader = new Utf8Reader(file);
    }

    /** Returns the next line with its end, which the last may lack, or null if there is none. */
    String next() throws IOException {
        StringBuilder line = new StringBuilder();
        number++;
        while (true) {
            if (start == end && !fill()) {
                return line.length() == 0 ? null : line.toString();
            }
            int place = start;
            while (place < end && characters[place] != '\n') {
                place++;
            }
            boolean whole = place < end;
            int stop = whole ? place + 1 : place;
            checkLength(line.length() + (long) stop - start);
            line.append(characters, start, stop - start);
            start = stop;
            if (whole) {
                return line.toString();
            }
        }
    }

    private boolean fill() throws IOException {
        int count = reader.read(characters, 0, characters.length);
        start = 0;
        end = Math.max(0, count);
        return count > 0;
    }

    private void checkLength(long length) throws MalformedFileException {
        if (length > MOST_CHARACTERS) {
            throw malformed("it has more than " + MOST_CHARACTERS + " characters.");
        }
    }

    /** Returns a failure that names the line read last. */
    MalformedFileException malformed(String problem) {
        return new MalformedFileException(file, "line " + number + ": " + problem);
    }

    /** Returns how many bytes have been read. */
    long position() {
        return reader.position();
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }
}
