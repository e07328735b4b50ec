package io.github.lapidary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The memory of a process that generates often, and of one that loads models often. */
@Timeout(300)
class LanguageModelLeakTest {

    @TempDir private Path folder;

    @BeforeAll
    static void needsLinux() {
        assumeTrue(
                Files.exists(Path.of("/proc/self/status")),
                "The memory of a process can be read on Linux only.");
    }

    @Test
    void twoThousandGenerationsLeaveNothingBehind() throws Exception {
        // As many before them: the virtual machine compiles what runs often, for a long while.
        double[] bytes = run("generate", 400);
        double perGeneration = slope(Arrays.copyOfRange(bytes, 200, bytes.length)) / 10;
        assertTrue(
                perGeneration < 512,
                () -> perGeneration + " bytes a generation: " + Arrays.toString(bytes));
    }

    /** A model has a megabyte of weights, and as much in its tokenizer and kernels. */
    @Test
    void thirtyModelsLeaveNothingBehind() throws Exception {
        double[] bytes = run("load", 30);
        double perModel = slope(Arrays.copyOfRange(bytes, 8, bytes.length));
        assertTrue(
                perModel < 128 << 10, () -> perModel + " bytes a model: " + Arrays.toString(bytes));
    }

    private double[] run(String what, int count) throws Exception {
        Path samples = folder.resolve("samples");
        Path output = folder.resolve("output");
        ProcessBuilder builder =
                new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xms64m",
                        "-Xmx64m",
                        "-XX:+AlwaysPreTouch",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Dai.djl.offline=true",
                        "-cp",
                        System.getProperty(
                                "surefire.test.class.path", System.getProperty("java.class.path")),
                        GenerationRuns.class.getName(),
                        what,
                        Integer.toString(count),
                        samples.toString());
        builder.environment().put("OMP_NUM_THREADS", "1");
        Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
        int exitCode = process.waitFor();
        assertEquals(0, exitCode, Files.readString(output));
        List<String> lines = Files.readAllLines(samples);
        assertEquals(count, lines.size());
        return lines.stream().mapToDouble(Double::parseDouble).toArray();
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
