package io.github.lapidary.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.lapidary.checkpoint.ModelSize;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExpertsCommandTest {

    private static final List<String> METRICS =
            List.of("decode128_after16", "prefill512", "prefill2048");

    @Test
    void eachModelHasALineForEachMetric() {
        CommandLineRun run =
                CommandLineRun.of(
                        "bench",
                        "experts",
                        "--hidden-size",
                        "64",
                        "--experts",
                        "4,2",
                        "--reps",
                        "3",
                        "--dtype",
                        "float32");

        assertEquals(0, run.exitCode(), run::err);
        List<JsonObject> lines =
                run.out()
                        .lines()
                        .map(line -> JsonParser.parseString(line).getAsJsonObject())
                        .toList();
        assertEquals(9, lines.size());
        for (int i = 0; i < lines.size(); i++) {
            JsonObject line = lines.get(i);
            assertEquals(
                    List.of("glam-dense", "glam-4e", "glam-2e").get(i / 3), text(line, "model"));
            assertEquals(METRICS.get(i % 3), text(line, "metric"));
            assertEquals("float32", text(line, "quant"));
            assertEquals(3, line.get("n").getAsInt());
            checkShares(line, i < 3);
        }
        checkTable(run.err().lines().toList(), lines);
    }

    private static void checkShares(JsonObject line, boolean dense) {
        double share = line.get("of_dense").getAsDouble();
        double least = line.get("of_dense_min").getAsDouble();
        double most = line.get("of_dense_max").getAsDouble();
        assertTrue(0 < least && least <= share && share <= most, line::toString);
        if (dense) {
            assertEquals(1, least);
            assertEquals(1, most);
        }
    }

    private static void checkTable(List<String> table, List<JsonObject> lines) {
        assertEquals(5, table.size());
        String sparse = table.get(3).replaceAll(" {2,}", "|");
        String expected =
                String.format(
                        Locale.ROOT,
                        "glam-4e|%,d|%,d|",
                        lines.get(3).get("parameters").getAsLong(),
                        lines.get(3).get("multiplied").getAsLong());
        assertTrue(sparse.startsWith(expected), sparse);
        assertEquals(6, sparse.split("\\|").length, sparse);
    }

    @Test
    void aTokenIsMultipliedWithAsManyParametersAsInTheDenseModel() {
        ModelSize dense = new ExpertsShape(512, 0).size();
        ModelSize sparse = new ExpertsShape(512, 64).size();

        assertEquals(dense.multiplied(), sparse.multiplied());
        assertTrue(sparse.totalParameters() > 9 * dense.totalParameters());
        assertEquals(
                4L * 512 * (256 - 64),
                new ExpertsShape(512, 256).size().multiplied() - sparse.multiplied());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    --reps 0 | --reps counts from 1; found 0
                    --experts 1 | --experts takes different numbers from 2 to 1024; found [1]
                    --experts 8,8 | --experts takes different numbers from 2 to 1024; found [8, 8]
                    --hidden-size 100 | --hidden-size takes a multiple of 64 up to 8192; found 100
                    """)
    void wrongUseIsExplained(String arguments, String message) {
        CommandLineRun.of(("bench experts " + arguments).split(" "))
                .assertFailed(2, "lapidary: " + message + "\nTry 'lapidary bench experts --help'.");
    }

    private static String text(JsonObject line, String name) {
        return line.get(name).getAsString();
    }
}
