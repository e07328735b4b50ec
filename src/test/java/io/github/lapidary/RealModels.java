package io.github.lapidary;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** The released models, which lie outside the repository; their tests have the tag real. */
public final class RealModels {

    private RealModels() {}

    /**
     * Returns a file of the folder that LAPIDARY_REAL names, or else of ~/.cache/lapidary-real.
     *
     * <p>If it is missing the test fails where the folder was named, and is skipped where not.
     */
    public static Path file(String name) {
        String named = System.getenv("LAPIDARY_REAL");
        Path folder =
                named == null
                        ? Path.of(System.getProperty("user.home"), ".cache", "lapidary-real")
                        : Path.of(named);
        Path file = folder.resolve(name);
        assumeTrue(
                named != null || Files.exists(file),
                "There is no " + file + "; name its folder with LAPIDARY_REAL.");
        return file;
    }
}
