package io.github.lapidary.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.lapidary.training.run.RunFixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompareCommandTest {

    @TempDir private Path folder;

    private Path fast;
    private Path slow;

    @BeforeEach
    void write() throws IOException {
        fast = RunFixture.write(folder);
        slow =
                Files.writeString(
                        folder.resolve("slow.yaml"),
                        Files.readString(fast).replace("peak: 0.01", "peak: 0.0001"));
    }

    private CommandLineRun compare(String... more) {
        List<String> arguments =
                new ArrayList<>(List.of("compare", "--out", folder.resolve("all").toString()));
        arguments.addAll(List.of(more));
        arguments.add(fast.toString());
        arguments.add(slow.toString());
        return CommandLineRun.of(arguments.toArray(String[]::new));
    }

    @Test
    void printsWhatRunsCameToAndOnLaterCallsToo() {
        CommandLineRun first = compare("--seeds", "1,2", "--set", "steps=4");
        assertEquals(0, first.exitCode(), first.err());
        List<String> table = first.out().lines().toList();
        assertEquals(3, table.size(), first.out());
        assertTrue(table.get(0).matches("configuration +parameters +activated .*"), first.out());
        assertTrue(
                table.get(1).matches("train +([0-9,]+) +\\1 +3\\d\\d +2 +[0-9.]+ ± [0-9.]+ .*"),
                first.out());
        assertTrue(
                first.err().startsWith("lapidary: run 1 of 4, train with seed 1\n"), first.err());
        assertTrue(Files.exists(folder.resolve("all/comparison.csv")));

        CommandLineRun second = compare("--seeds", "1,2", "--set", "steps=4", "--json");
        assertEquals(4, second.err().lines().count(), second.err());
        assertTrue(second.err().contains("run 4 of 4, slow with seed 2: finished before\n"));
        List<JsonObject> lines =
                second.out()
                        .lines()
                        .map(line -> JsonParser.parseString(line).getAsJsonObject())
                        .toList();
        assertEquals("slow", lines.get(1).get("configuration").getAsString());
        double[] losses = CommandLineRun.doubles(lines.get(0).get("validation_losses"));
        double mean = (losses[0] + losses[1]) / 2;
        assertEquals(mean, lines.get(0).get("validation_loss").getAsDouble(), 1e-12);
        assertEquals(
                Math.abs(losses[0] - losses[1]) / Math.sqrt(2),
                lines.get(0).get("validation_loss_deviation").getAsDouble(),
                1e-12);
        assertTrue(mean < lines.get(1).get("validation_loss").getAsDouble(), second.out());
    }

    @Test
    void singleSeedsHaveNoSpread() {
        CommandLineRun run = compare("--seeds", "3", "--set", "steps=1", "--json");
        JsonObject line =
                JsonParser.parseString(run.out().lines().toList().get(0)).getAsJsonObject();
        assertTrue(line.get("validation_loss_deviation").isJsonNull(), run.out());
        assertEquals("[3]", line.get("seeds").toString());
    }

    @Test
    void wrongUseIsTold() {
        compare("--seeds", "1,1")
                .assertFailed(
                        2,
                        "lapidary: Expected different seeds, one or more; found [1, 1].\n"
                                + "Try 'lapidary compare --help'.");
        String help = CommandLineRun.of("compare", "--help").result();
        assertTrue(help.lines().allMatch(line -> line.length() <= 80), help);
    }
}
