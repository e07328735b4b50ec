package io.github.lapidary.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.lapidary.training.run.RunFixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainCommandTest {

    @TempDir private Path folder;

    private String config;

    @BeforeEach
    void write() throws IOException {
        config = RunFixture.write(folder).toString();
    }

    @Test
    void trainsAndGoesOn() {
        CommandLineRun first = CommandLineRun.of("train", "--config", config, "--set", "steps=8");
        JsonObject line = JsonParser.parseString(first.out()).getAsJsonObject();
        assertEquals(0, first.exitCode());
        assertEquals("finished", line.get("end").getAsString());
        assertEquals(8, line.get("step").getAsInt());
        assertEquals(2, first.err().lines().count(), first.err());
        assertTrue(
                first.err()
                        .matches(
                                "(?s)lapidary: step 4: loss [0-9.]+, validation [0-9.]+, perplexity"
                                        + " [0-9.]+, [0-9.]+ bits per byte\n.*"),
                first.err());
        CommandLineRun.of("train", "--config", config)
                .assertFailed(
                        1,
                        "lapidary: "
                                + folder.resolve("run")
                                + ": it holds a run; resume that, or take another folder");
        CommandLineRun rest = CommandLineRun.of("train", "--config", config, "--resume");
        assertEquals(1, rest.err().lines().count(), rest.err());
        String model =
                JsonParser.parseString(rest.out()).getAsJsonObject().get("folder").getAsString();
        CommandLineRun.of("generate", "--model", model, "--max-new-tokens", "2", "It was").result();
    }

    @Test
    void dryRunsTellAndWriteNothing() {
        String result = CommandLineRun.of("train", "--config", config, "--dry-run").result();
        assertTrue(result.contains("tokens per update  96\n"), result);
        assertTrue(result.contains("updates            12\n"), result);
        assertFalse(Files.exists(folder.resolve("run")));
    }

    @Test
    void numbersAreWrittenAlikeEverywhere() {
        Locale here = Locale.getDefault();
        Locale.setDefault(Locale.GERMANY);
        try {
            String result = CommandLineRun.of("train", "--config", config, "--dry-run").result();
            assertTrue(result.matches("(?s)parameters +[0-9]+,[0-9]{3}\\n.*"), result);
            assertTrue(result.matches("(?s).*epochs +[0-9]+\\.[0-9]\\n.*"), result);
        } finally {
            Locale.setDefault(here);
        }
    }

    @Test
    void unknownKeysAreNamed() {
        CommandLineRun.of("train", "--config", config, "--set", "batchsize=3")
                .assertFailed(
                        1,
                        "lapidary: "
                                + config
                                + ": there is no key batchsize; the nearest are batch_size, betas,"
                                + " tokenizer.");
        CommandLineRun.of("train", "--config", config, "--set", "steps")
                .assertFailed(
                        2,
                        "lapidary: A value is set as key=value, not as \"steps\".\n"
                                + "Try 'lapidary train --help'.");
    }

    @Test
    void helpFitsATerminal() {
        String help = CommandLineRun.of("train", "--help").result();
        assertTrue(help.lines().allMatch(line -> line.length() <= 80), help);
    }
}
