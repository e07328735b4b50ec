package io.github.lapidary.cli;

import ai.djl.util.Utils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The native libraries that DJL unpacks on first use. */
final class EngineFiles {

    private EngineFiles() {}

    /** Tells, before the engine starts for the first time, what takes so long. */
    static void tellIfMissing(Console console) throws IOException {
        Path folder = Utils.getEngineCacheDir("pytorch");
        if (!Files.isDirectory(folder) || isEmpty(folder)) {
            console.tell(
                    "unpacking PyTorch's native library into "
                            + folder
                            + ", this once; it may take a minute");
        }
    }

    private static boolean isEmpty(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.findAny().isEmpty();
        }
    }
}
