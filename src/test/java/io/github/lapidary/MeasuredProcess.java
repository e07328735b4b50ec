package io.github.lapidary;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A process of its own, whose memory is watched while it does the same again and again. */
public final class MeasuredProcess {

    private static final List<String> OPTIONS =
            List.of(
                    "-Xms64m",
                    "-Xmx64m",
                    "-XX:+AlwaysPreTouch",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-Xcomp");

    private MeasuredProcess() {}

    /** Skips the test where the memory of a process cannot be read. */
    public static void needsLinux() {
        assumeTrue(
                Files.exists(Path.of("/proc/self/status")),
                "The memory of a process can be read on Linux only.");
    }

    /**
     * Runs a program, with a heap that is all there from the start and nothing to compile later on.
     *
     * @param folder for its files
     * @param program writes samples, one a line, to the file that its last argument names
     * @return the samples
     */
    public static double[] run(Path folder, Class<?> program, String... arguments)
            throws Exception {
        Path samples = folder.resolve("samples");
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add(samples.toString());
        ProcessBuilder builder = JavaProcess.builder(OPTIONS, program, all);
        builder.environment().put("OMP_NUM_THREADS", "1");
        JavaProcess.run(folder, builder);
        return Files.readAllLines(samples).stream().mapToDouble(Double::parseDouble).toArray();
    }

    /** Returns the median of the slopes between all pairs, which single jumps do not move. */
    public static double slope(double[] values) {
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
