package io.github.lapidary.cli;

import static io.github.lapidary.cli.CommandLineRun.tiny;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchCommandTest {

    private static final String FIRST_TOKEN = "ttft_16tok_from_process_start";

    @Test
    void eachMetricIsALine() {
        List<JsonObject> lines =
                CommandLineRun.of(
                                "bench",
                                "--model",
                                tiny("gemma3_mqa"),
                                "--dtype",
                                "float32",
                                "--reps",
                                "1",
                                "--name",
                                "tiny")
                        .lines();

        assertEquals(
                List.of(
                        "prefill512 tok/s",
                        "prefill2048 tok/s",
                        "decode128_after16 tok/s",
                        "decode128_after2048 tok/s",
                        "rss_peak MB",
                        FIRST_TOKEN + " s"),
                lines.stream()
                        .map(line -> text(line, "metric") + " " + text(line, "unit"))
                        .toList());
        for (JsonObject line : lines) {
            assertEquals(
                    List.of("peer", "model", "quant", "metric", "value", "unit", "n", "min", "max"),
                    List.copyOf(line.keySet()));
            assertEquals("lapidary", text(line, "peer"));
            assertEquals("tiny", text(line, "model"));
            assertEquals("float32", text(line, "quant"));
            assertEquals(1, line.get("n").getAsInt());
            assertTrue(line.get("value").getAsDouble() > 0, line::toString);
        }
    }

    @Test
    void trainingIsMeasuredInEachFormat() {
        for (String format : List.of("float32", "mixed", "bfloat16")) {
            List<JsonObject> lines =
                    CommandLineRun.of(
                                    "bench",
                                    "training",
                                    "--model",
                                    tiny("gemma3_mqa"),
                                    "--format",
                                    format,
                                    "--tokens",
                                    "8",
                                    "--reps",
                                    "1")
                            .lines();
            assertEquals(
                    List.of("train_step_seq8_b2 s", "train_tok_s tok/s", "rss_peak MB"),
                    lines.stream()
                            .map(line -> text(line, "metric") + " " + text(line, "unit"))
                            .toList());
            assertEquals("gemma3_mqa full", text(lines.get(0), "model"));
            assertEquals(format, text(lines.get(0), "quant"));
        }
    }

    @Test
    void whatTheContextCannotHoldIsLeftOutAndNamed(@TempDir Path folder) throws IOException {
        Path model = CommandLineRun.tinyWithContext(folder, "gemma3_mqa", 100);

        CommandLineRun run = CommandLineRun.of("bench", "--model", model.toString(), "--reps", "1");

        assertEquals(0, run.exitCode());
        assertEquals(
                """
                lapidary: prefill512 is left out: it takes 512 tokens, more than the model's context
                lapidary: prefill2048 is left out: it takes 2048 tokens, more than the model's context
                lapidary: decode128_after16 is left out: it takes 144 tokens, more than the model's context
                lapidary: decode128_after2048 is left out: it takes 2176 tokens, more than the model's context
                """,
                run.err());
        assertEquals(2, run.out().lines().count());
    }

    @Test
    void failureOfTheProcessThatMeasuresTheFirstTokenIsAFailure() {
        IOException failure =
                assertThrows(
                        IOException.class,
                        () -> FirstToken.seconds(List.of("bench", "--no-such-option")));

        assertTrue(failure.getMessage().endsWith("ended with exit code 2"), failure::getMessage);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    --model m --reps 0 | --reps counts from 1; found 0.
                    --reps 1 | give one of --model and --preset
                    --model m --preset gemma-2b | give one of --model and --preset
                    --model m --seed 3 | --seed is for --preset: a file has its weights
                    """)
    void wrongUseIsExplained(String arguments, String message) {
        CommandLineRun.of(("bench " + arguments).split(" "))
                .assertFailed(2, "lapidary: " + message + "\nTry 'lapidary bench --help'.");
    }

    @Test
    void unknownPresetIsAnsweredWithThoseThereAre() {
        CommandLineRun run = CommandLineRun.of("bench", "--preset", "gemma-0");

        assertEquals(2, run.exitCode());
        assertTrue(
                run.err()
                        .startsWith(
                                "lapidary: There is no preset \"gemma-0\"; there are [gemma-2b,"),
                run::err);
    }

    private static String text(JsonObject line, String name) {
        return line.get(name).getAsString();
    }
}
