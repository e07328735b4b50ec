package io.github.lapidary.cli;

import static io.github.lapidary.cli.CommandLineRun.tiny;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.lapidary.Golden;
import java.awt.image.BufferedImage;
import java.io.FilterWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LengthsCommandTest {

    /** The colours of the first two lines of a panel. */
    private static final int BLUE = 0x0072B2;

    private static final int VERMILION = 0xD55E00;

    private static final List<String> OF_A_MODEL =
            List.of(
                    "prefill8",
                    "decode_ctx8",
                    "prefill600",
                    "decode_ctx600",
                    "decode128_after2048",
                    "decode130_after2048");

    /** Only Linux tells how much memory was taken, and of the first model alone. */
    private static final List<String> PEAK =
            Files.exists(Path.of("/proc/self/status")) ? List.of("rss_peak") : List.of();

    @TempDir private Path folder;
    private Path out;
    private Path lines;
    private Path shape;

    @BeforeEach
    void writeShape() throws IOException {
        out = folder.resolve("speeds");
        lines = out.resolve("measurements.jsonl");
        shape = folder.resolve("gemma \"tiny\".json");
        Files.copy(Golden.path("tiny/gemma3_mqa").resolve("config.json"), shape);
    }

    /** Runs the command for two models, or with more arguments. */
    private CommandLineRun run(String... more) {
        return CommandLineRun.of(arguments(more));
    }

    private String[] arguments(String... more) {
        Stream<String> fixed =
                Stream.of(
                        "bench",
                        "lengths",
                        "--model",
                        tiny("recurrentgemma"),
                        "--config",
                        shape.toString(),
                        "--lengths",
                        "8,600",
                        "--generate",
                        "130",
                        "--reps",
                        "2",
                        "--out",
                        out.toString());
        return Stream.concat(fixed, Arrays.stream(more)).toArray(String[]::new);
    }

    private static List<String> joined(List<String> first, List<String> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }

    private static List<JsonObject> parsed(String lines) {
        return lines.lines().map(line -> JsonParser.parseString(line).getAsJsonObject()).toList();
    }

    private static List<String> metrics(String lines, String model) {
        return parsed(lines).stream()
                .filter(line -> line.get("model").getAsString().equals(model))
                .map(line -> line.get("metric").getAsString())
                .toList();
    }

    @Test
    void modelsAreMeasuredInTheirOrder() throws IOException {
        CommandLineRun run = run("--dtype", "float32");

        assertEquals(0, run.exitCode(), run::err);
        assertEquals(Files.readString(lines), run.out());
        assertEquals(12 + PEAK.size(), parsed(run.out()).size());
        assertEquals(joined(OF_A_MODEL, PEAK), metrics(run.out(), "recurrentgemma"));
        assertEquals(OF_A_MODEL, metrics(run.out(), "gemma \"tiny\""));
        assertEquals(
                "recurrentgemma", parsed(run.out()).get(0).get("model").getAsString(), run::out);
        for (JsonObject line : parsed(run.out())) {
            assertEquals(
                    List.of("peer", "model", "quant", "metric", "value", "unit", "n", "min", "max"),
                    List.copyOf(line.keySet()).subList(0, 9));
            assertEquals("float32", line.get("quant").getAsString());
            boolean speed = !PEAK.contains(line.get("metric").getAsString());
            assertEquals(speed ? "tok/s" : "MB", line.get("unit").getAsString());
            assertEquals(speed ? 2 : 1, line.get("n").getAsInt());
            double least = line.get("min").getAsDouble();
            assertTrue(least > 0 && least <= line.get("value").getAsDouble(), line::toString);
            assertTrue(line.get("value").getAsDouble() <= line.get("max").getAsDouble());
        }
        checkTable(parsed(run.out()));
        checkPicture();
    }

    private void checkTable(List<JsonObject> measured) throws IOException {
        List<String> rows = Files.readAllLines(out.resolve("lengths.csv"));

        assertEquals(
                "model,quant,curve,tokens,median_tok_s,min_tok_s,max_tok_s,n,other_cpu",
                rows.get(0));
        assertEquals(13, rows.size());
        JsonObject first = measured.get(0);
        assertTrue(
                rows.get(1)
                        .startsWith(
                                "recurrentgemma,float32,prefill,8,%s,%s,%s,2,"
                                        .formatted(
                                                first.get("value").getAsDouble(),
                                                first.get("min").getAsDouble(),
                                                first.get("max").getAsDouble())),
                rows.get(1));
        String last = "\"gemma \"\"tiny\"\"\",float32,decode_after2048,130,";
        assertTrue(rows.get(12).startsWith(last), rows.get(12));
    }

    private void checkPicture() throws IOException {
        BufferedImage picture = ImageIO.read(out.resolve("lengths.png").toFile());

        assertEquals(1200, picture.getWidth());
        for (int left : new int[] {0, 600}) {
            int[] panel = picture.getRGB(left, 0, 600, 500, null, 0, 600);
            for (int model : new int[] {BLUE, VERMILION}) {
                assertTrue(
                        Arrays.stream(panel).filter(color -> (color & 0xFFFFFF) == model).count()
                                > 50,
                        () -> Integer.toHexString(model) + " in the panel at " + left);
            }
        }
    }

    @Test
    void runGoesOnAfterTheLastWholeLine() throws IOException {
        run("--dtype", "float32");
        List<String> all = Files.readAllLines(lines);
        int whole = OF_A_MODEL.size() + PEAK.size() + 1;
        String kept = String.join("\n", all.subList(0, whole)) + "\n";
        Files.writeString(lines, kept + all.get(whole).substring(0, 60));

        CommandLineRun second = run();

        assertEquals(0, second.exitCode(), second::err);
        assertTrue(
                second.err()
                        .startsWith(
                                "lapidary: the last line of "
                                        + lines
                                        + " is damaged; it is dropped and measured again\n"),
                second::err);
        assertEquals(List.of(), metrics(second.out(), "recurrentgemma"));
        assertEquals(OF_A_MODEL.subList(1, 6), metrics(second.out(), "gemma \"tiny\""));
        assertEquals(kept + second.out(), Files.readString(lines));

        CommandLineRun third = run();
        assertEquals("", third.out());
        assertEquals(0, third.exitCode());
    }

    @Test
    void interruptLosesNoLine() throws IOException {
        StringWriter written = new StringWriter();
        StringWriter messages = new StringWriter();
        PrintWriter interrupting =
                new PrintWriter(
                        new FilterWriter(written) {
                            @Override
                            public void write(String text, int from, int length)
                                    throws IOException {
                                super.write(text, from, length);
                                Thread.currentThread().interrupt();
                            }
                        });
        int exitCode =
                Main.run(
                        new Console(
                                InputStream.nullInputStream(),
                                interrupting,
                                new PrintWriter(messages, true),
                                false,
                                null),
                        arguments("--dtype", "float32"));

        assertTrue(Thread.interrupted());
        assertEquals(1, exitCode);
        assertEquals("lapidary: interrupted\n", messages.toString());
        String kept = written.toString();
        assertEquals(OF_A_MODEL.subList(0, 2), metrics(kept, "recurrentgemma"));
        assertEquals(kept, Files.readString(lines));
        assertFalse(Files.exists(out.resolve("lengths.csv")));

        assertEquals(10, parsed(run().out()).size());
        assertTrue(Files.readString(lines).startsWith(kept));
    }

    @Test
    void otherSettingsAreRefusedUntilToldToBeginAnew() throws IOException {
        String[] few = {"--dtype", "float32", "--generate", "0", "--lengths", "8", "--reps", "1"};
        String[] longer = few.clone();
        longer[5] = "16";
        String[] begin = {"bench", "lengths", "--model", tiny("recurrentgemma"), "--out"};
        CommandLineRun.of(joined(begin, out.toString(), few));
        String before = Files.readString(lines);

        CommandLineRun.of(joined(begin, out.toString(), longer))
                .assertFailed(
                        1,
                        "lapidary: "
                                + out
                                + " holds measurements with other settings: lengths was [8], is now"
                                + " [16]; take another folder, or begin anew with --restart");
        assertEquals(before, Files.readString(lines));

        longer = Arrays.copyOf(longer, longer.length + 1);
        longer[few.length] = "--restart";
        CommandLineRun anew = CommandLineRun.of(joined(begin, out.toString(), longer));
        assertEquals(0, anew.exitCode(), anew::err);
        assertEquals(
                joined(List.of("prefill16", "decode_ctx16"), PEAK),
                metrics(Files.readString(lines), "recurrentgemma"));
    }

    private static String[] joined(String[] first, String second, String... third) {
        return Stream.of(Arrays.stream(first), Stream.of(second), Arrays.stream(third))
                .flatMap(arguments -> arguments)
                .toArray(String[]::new);
    }

    @Test
    void whatTheContextCannotHoldIsLeftOutAndNamed() throws IOException {
        Path model = CommandLineRun.tinyWithContext(folder, "gemma3_mqa", 100);

        CommandLineRun run =
                CommandLineRun.of(
                        "bench",
                        "lengths",
                        "--model",
                        model.toString(),
                        "--name",
                        "short",
                        "--lengths",
                        "8,80",
                        "--generate",
                        "1",
                        "--reps",
                        "1",
                        "--out",
                        out.toString());

        assertEquals(0, run.exitCode());
        assertEquals(
                """
                lapidary: decode_ctx80 of short is left out: it takes 112 tokens, more than the model's context of 100
                lapidary: decode1_after2048 of short is left out: it takes 2049 tokens, more than the model's context of 100
                """,
                run.err());
        assertEquals(
                joined(List.of("prefill8", "decode_ctx8", "prefill80"), PEAK),
                metrics(run.out(), "short"));
    }

    @Test
    void folderInUseIsRefused() throws IOException {
        try (MeasurementFolder used = MeasurementFolder.open(out)) {
            run().assertFailed(1, "lapidary: " + out + " is in use: another run measures into it");
            assertEquals(List.of(), used.points());
        }
    }

    @Test
    void damageWithinTheLinesIsNotPassedOver() throws IOException {
        String[] arguments = {
            "bench",
            "lengths",
            "--model",
            tiny("gemma3_mqa"),
            "--lengths",
            "8",
            "--generate",
            "0",
            "--reps",
            "1",
            "--dtype",
            "float32",
            "--out",
            out.toString()
        };
        CommandLineRun.of(arguments);
        List<String> all = Files.readAllLines(lines);
        Files.writeString(lines, all.get(0) + "\n{\"metric\": 1}\n" + all.get(1) + "\n");

        CommandLineRun.of(arguments)
                .assertFailed(
                        1,
                        "lapidary: "
                                + lines
                                + ": line 2 is no measurement; mend it, or begin anew with --restart.");

        Files.delete(out.resolve("settings.json"));
        CommandLineRun.of(arguments)
                .assertFailed(
                        1,
                        "lapidary: "
                                + out
                                + " has measurements.jsonl but no settings.json, so that it cannot"
                                + " be gone on with; take another folder, or --restart");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    --reps 1 | give --model, --preset or --config, once or more
                    --preset gemma-2b --reps 0 | --reps counts from 1; found 0
                    --preset gemma-2b --generate -1 | --generate takes 0 to 1000000; found -1
                    --preset gemma-2b --lengths 8,0 | --lengths takes different numbers from 1 to 1000000; found [8, 0]
                    --preset gemma-2b --lengths 8,8 | --lengths takes different numbers from 1 to 1000000; found [8, 8]
                    --model m --seed 3 | --seed is for --preset and --config: a file has its weights
                    --preset gemma-2b --preset gemma-2b | two models are called gemma-2b; --name tells them apart
                    --preset gemma-2b --preset gemma-7b --name a | --name is given once for each model or not at all; found 1 for 2 models
                    """)
    void wrongUseIsExplained(String arguments, String message) {
        CommandLineRun.of(("bench lengths " + arguments).split(" "))
                .assertFailed(2, "lapidary: " + message + "\nTry 'lapidary bench lengths --help'.");
    }

    @Test
    void missingShapeIsNamed() {
        Path missing = folder.resolve("no.json");
        CommandLineRun.of("bench", "lengths", "--config", missing.toString())
                .assertFailed(1, "lapidary: " + missing + ": there is no such regular file");
    }
}
