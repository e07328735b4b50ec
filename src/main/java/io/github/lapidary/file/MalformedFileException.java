package io.github.lapidary.file;

import java.io.IOException;
import java.nio.file.Path;

/** A file does not hold what its format promises. */
public final class MalformedFileException extends IOException {

    private static final long serialVersionUID = 1L;

    /** Says which file has which problem. */
    public MalformedFileException(Path file, String problem) {
        super(file + ": " + problem);
    }
}
