package io.github.lapidary.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @ParameterizedTest
    @ValueSource(strings = {"", "--no-such-option", "no-such-command"})
    void wrongUseExitsWithTwoAndSaysHowOnStandardError(String argument) {
        int exitCode = argument.isEmpty() ? run() : run(argument);

        assertEquals(2, exitCode);
        assertEquals("", out.toString());
        assertTrue(err.toString().startsWith("lapidary: "), err::toString);
        assertTrue(err.toString().contains("Try 'lapidary --help'."), err::toString);
    }

    @Test
    void versionIsAResult() {
        assertEquals(0, run("--version"));
        assertTrue(out.toString().startsWith("lapidary "), out::toString);
        assertEquals("", err.toString());
    }

    private int run(String... arguments) {
        return Main.run(new PrintWriter(out), new PrintWriter(err, true), arguments);
    }
}
