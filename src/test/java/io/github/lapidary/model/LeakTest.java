package io.github.lapidary.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class LeakTest {

    private static final int TENS_OF_RUNS = 200;

    /** The first runs fill caches of the engine and of the virtual machine. */
    private static final int WARM_UP = 60;

    private static final double LARGEST_BYTES_PER_RUN = 256;

    @TempDir private Path folder;

    @Test
    @Timeout(300)
    void twoThousandShortRunsLeaveNothingBehind() throws Exception {
        assumeTrue(
                Files.exists(Path.of("/proc/self/status")),
                "The memory of a process can be read on Linux only.");
        Path samples = folder.resolve("samples");
        Path output = folder.resolve("output");
        // A heap that is all there from the start, and nothing left to compile later on.
        ProcessBuilder builder =
                new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xms64m",
                        "-Xmx64m",
                        "-XX:+AlwaysPreTouch",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Xcomp",
                        "-Dai.djl.offline=true",
                        "-cp",
                        System.getProperty(
                                "surefire.test.class.path", System.getProperty("java.class.path")),
                        ShortRuns.class.getName(),
                        Integer.toString(TENS_OF_RUNS),
                        samples.toString());
        builder.environment().put("OMP_NUM_THREADS", "1");
        Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
        assertEquals(0, process.waitFor(), () -> String.join("\n", read(output)));
        double[] bytes = read(samples).stream().mapToDouble(Double::parseDouble).toArray();
        assertEquals(TENS_OF_RUNS, bytes.length);
        double perRun = slope(Arrays.copyOfRange(bytes, WARM_UP, bytes.length)) / 10;
        assertTrue(
                perRun < LARGEST_BYTES_PER_RUN,
                () -> "The memory grows by " + perRun + " bytes a run: " + read(samples));
    }

    private static List<String> read(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the median of the slopes between all pairs, which single jumps do not move. */
    private static double slope(double[] values) {
        double[] slopes = new double[values.length * (values.length - 1) / 2];
        int next = 0;
        for (int i = 0; i < values.length; i++) {
            for (int j = i + 1; j < values.length; j++) {
                slopes[next++] = (values[j] - values[i]) / (j - i);
            }
        }
        Arrays.sort(slopes);
        return slopes[slopes.length / 2];
    }
}
