package io.github.lapidary.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands that name no model, with a stand-in for the one that comes with Lapidary. */
class SmallModelTest {

    @TempDir private Path models;

    private String before;

    @BeforeEach
    void set() {
        before = System.getProperty(SmallModel.FOLDER);
        System.setProperty(SmallModel.FOLDER, models.toString());
    }

    @AfterEach
    void restore() {
        if (before == null) {
            System.clearProperty(SmallModel.FOLDER);
        } else {
            System.setProperty(SmallModel.FOLDER, before);
        }
    }

    private void provide() throws IOException {
        Files.createSymbolicLink(
                models.resolve("tiny-gemma"),
                Path.of(CommandLineRun.tiny("gemma3_mqa")).toAbsolutePath());
    }

    @Test
    void isTakenIfNoneIsNamed() throws IOException {
        provide();
        String named = CommandLineRun.tiny("gemma3_mqa");
        List<String> rest = List.of("--dtype", "float32", "--ids", "2,5,7");
        for (String command : List.of("generate", "score")) {
            String expected = run(command, rest, "--model", named).out();
            assertFalse(expected.isEmpty());
            assertEquals(expected, run(command, rest).out());
        }
        JsonObject line =
                CommandLineRun.of("bench", "--reps", "1", "--dtype", "float32").lines().get(0);
        assertEquals("tiny-gemma", line.get("model").getAsString());
        assertTrue(line.get("value").getAsDouble() > 0);
    }

    private static CommandLineRun run(String command, List<String> rest, String... model) {
        List<String> all = new ArrayList<>(List.of(command));
        all.addAll(List.of(model));
        all.addAll(rest);
        return CommandLineRun.of(all.toArray(String[]::new));
    }

    @Test
    void withoutItAModelMustBeNamed() {
        CommandLineRun.of("generate", "Hello")
                .assertFailed(
                        2,
                        "lapidary: Missing required option: '--model=PATH'\n"
                                + "Try 'lapidary generate --help'.");
        CommandLineRun.of("bench")
                .assertFailed(
                        2,
                        "lapidary: give one of --model and --preset\nTry 'lapidary bench --help'.");
    }
}
