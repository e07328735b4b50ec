package io.github.lapidary.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;

class ProgressTest {

    private final ByteArrayOutputStream drawn = new ByteArrayOutputStream();
    private final PrintStream terminal = new PrintStream(drawn, true, UTF_8);

    @Test
    void showsWhatTakesOverASecond() throws InterruptedException {
        try (Progress progress = new Progress("Scoring", terminal)) {
            progress.update(1, 4);
            assertEquals("", drawn.toString(UTF_8));

            Thread.sleep(1100);
            progress.update(2, 4);
        }
        assertTrue(drawn.toString(UTF_8).contains("Scoring"), () -> drawn.toString(UTF_8));
    }

    @Test
    void hiddenBarComesBack() throws InterruptedException {
        try (Progress progress = new Progress("Measuring", terminal)) {
            progress.update(0, 4);
            Thread.sleep(1100);
            progress.update(1, 4);
            progress.hide();
            drawn.reset();

            progress.update(3, 4);
        }
        String bar = drawn.toString(UTF_8);
        assertTrue(bar.contains("Measuring") && bar.contains("3/4"), bar);
    }
}
