package io.github.lapidary.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The time from the start of a process to the first token, files being in the page cache.
 *
 * <p>It is taken from outside, so that it has all of it: the start of Java too, and the few
 * milliseconds in which one process starts another.
 */
final class FirstToken {

    /** The line that tells that the token is there. */
    static final String READY = "ready";

    private FirstToken() {}

    /**
     * Starts this Java again, with the same options, and returns the seconds until it is ready.
     *
     * @param arguments of the command line
     * @throws IOException if it fails; it has told why on standard error
     */
    static double seconds(List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option -> !option.startsWith("-Dlapidary.terminal."))
                .forEach(command::add);
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(Main.class.getName());
        command.addAll(arguments);
        long start = System.nanoTime();
        Process process = new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
        try (BufferedReader lines = process.inputReader()) {
            String line = lines.readLine();
            double seconds = (System.nanoTime() - start) / 1e9;
            int exitCode = process.waitFor();
            if (!READY.equals(line) || exitCode != 0) {
                throw new IOException(
                        "the process that measures the time to the first token ended with exit code "
                                + exitCode);
            }
            return seconds;
        } finally {
            process.destroy();
        }
    }
}
