package io.github.lapidary.file;

import java.io.IOException;
import java.io.Serial;
import java.nio.file.Path;

/**
 * A file does not hold what its format demands, or holds what the library does not read.
 *
 * <p>The message names the file and says what was expected and what was found. Control characters
 * in it are replaced and its length is limited, as names in a broken file may be anything.
 */
public final class MalformedFileException extends IOException {

    @Serial private static final long serialVersionUID = 1L;

    private static final int MAX_LENGTH = 16_384;

    /** Creates an exception from the file and what is wrong with it. */
    public MalformedFileException(Path file, String problem) {
        this(file, problem, null);
    }

    /** Creates an exception from the file, what is wrong with it, and the cause. */
    public MalformedFileException(Path file, String problem, Throwable cause) {
        super(printable(file + ": " + problem), cause);
    }

    private static String printable(String message) {
        String shortened =
                message.length() <= MAX_LENGTH ? message : message.substring(0, MAX_LENGTH) + "…";
        return Printable.line(shortened);
    }
}
