package io.github.lapidary.file;

import java.io.IOException;
import java.nio.file.Path;

/** A file whose content is not what its format demands. */
public final class MalformedFileException extends IOException {

    private static final long serialVersionUID = 1L;

    /** Names the file and, in one sentence, what was expected in it and what was found. */
    public MalformedFileException(Path file, String problem) {
        super(file + ": " + problem);
    }
}
