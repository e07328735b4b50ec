package io.github.lapidary;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A process of its own, with the class path of the tests and its environment. */
public final class JavaProcess {

    private JavaProcess() {}

    /**
     * Runs a program to its end, and fails unless it ends well.
     *
     * @param folder for its output
     */
    public static void run(Path folder, Class<?> program, String... arguments) throws Exception {
        run(folder, builder(List.of(), program, List.of(arguments)));
    }

    static void run(Path folder, ProcessBuilder builder) throws Exception {
        Path output = folder.resolve("output");
        assertEquals(0, exitCode(output, builder), Files.readString(output));
    }

    /**
     * Runs a program, however it ends.
     *
     * @param folder for its output
     */
    public static int exitCode(Path folder, Class<?> program, List<String> arguments)
            throws Exception {
        return exitCode(folder.resolve("output"), builder(List.of(), program, arguments));
    }

    /**
     * Runs a program that can write no file longer than so many kilobytes, as on a full disk, and
     * returns how it ended.
     *
     * @param folder for its output
     */
    public static int exitCodeWithShortFiles(
            int kilobytes, Path folder, Class<?> program, String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        // The unit is 512 bytes, or in some shells 1,024.
        command.addAll(List.of("sh", "-c", "ulimit -f " + kilobytes + "; exec \"$@\"", "sh"));
        command.addAll(builder(List.of("-XX:-UsePerfData"), program, List.of(arguments)).command());
        return exitCode(folder.resolve("output"), new ProcessBuilder(command));
    }

    private static int exitCode(Path output, ProcessBuilder builder) throws Exception {
        return builder.redirectErrorStream(true).redirectOutput(output.toFile()).start().waitFor();
    }

    /** Describes a process with further options of Java. */
    static ProcessBuilder builder(List<String> options, Class<?> program, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(
                List.of(
                        "-Dai.djl.offline=true",
                        "-cp",
                        System.getProperty(
                                "surefire.test.class.path", System.getProperty("java.class.path")),
                        program.getName()));
        command.addAll(arguments);
        return new ProcessBuilder(command);
    }
}
