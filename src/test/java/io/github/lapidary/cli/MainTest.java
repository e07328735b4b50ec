package io.github.lapidary.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
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
