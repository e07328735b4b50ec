package io.github.lapidary.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {

    @ParameterizedTest
    @ValueSource(strings = {"", "--no-such-option", "no-such-command"})
    void wrongUseExitsWithTwoAndSaysHowOnStandardError(String argument) {
        CommandLineRun run = argument.isEmpty() ? CommandLineRun.of() : CommandLineRun.of(argument);

        assertEquals(2, run.exitCode());
        assertEquals("", run.out());
        assertTrue(run.err().startsWith("lapidary: "), run::err);
        assertTrue(run.err().contains("Try 'lapidary --help'."), run::err);
    }

    /** Texts may begin with a sign that other programs take for a file of arguments. */
    @Test
    void noFileOfArgumentsIsRead(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("arguments"), "--version");
        CommandLineRun run = CommandLineRun.of("@" + file);
        assertEquals(2, run.exitCode());
        assertTrue(run.err().contains("@" + file), run::err);
    }

    @ParameterizedTest
    @ValueSource(strings = {"lengths", "experts", "training"})
    void optionsBeforeASubcommandAreNotPassedOver(String name) {
        CommandLineRun.of("bench", "--reps", "9", name)
                .assertFailed(
                        2,
                        "lapidary: after "
                                + name
                                + ", not before it, goes [--reps]\nTry 'lapidary bench "
                                + name
                                + " --help'.");
    }

    @Test
    void versionIsAResult() {
        String version = CommandLineRun.of("--version").result();

        assertTrue(version.startsWith("lapidary "), version);
    }

    @ParameterizedTest
    @ValueSource(strings = {"generate", "score", "tokens", "render", "inspect", "upcycle", "bench"})
    void helpOfEachCommandFitsATerminal(String command) {
        String help = CommandLineRun.of(command, "--help").result();

        assertTrue(help.startsWith("Usage: lapidary " + command), help);
        assertTrue(help.lines().allMatch(line -> line.length() <= 80), help);
        assertTrue(help.contains("  lapidary " + command + " --model "), help);
    }
}
