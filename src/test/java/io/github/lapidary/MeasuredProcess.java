package io.github.lapidary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A process of its own, whose memory is watched while it does the same again and again. */
public final class MeasuredProcess {

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
        Path output = folder.resolve("output");
        List<String> command =
                new ArrayList<>(
                        List.of(
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
                                        "surefire.test.class.path",
                                        System.getProperty("java.class.path")),
                                program.getName()));
        command.addAll(List.of(arguments));
        command.add(samples.toString());
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("OMP_NUM_THREADS", "1");
        Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
        int exitCode = process.waitFor();
        assertEquals(0, exitCode, Files.readString(output));
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
