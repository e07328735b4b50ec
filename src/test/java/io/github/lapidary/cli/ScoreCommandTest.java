package io.github.lapidary.cli;

import static io.github.lapidary.cli.CommandLineRun.doubles;
import static io.github.lapidary.cli.CommandLineRun.joined;
import static io.github.lapidary.cli.CommandLineRun.longs;
import static io.github.lapidary.cli.CommandLineRun.tiny;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.types.Shape;
import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.github.lapidary.Golden;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScoreCommandTest {

    private static final String MODEL = "gemma3_mqa";
    private static final double TOLERANCE = 1e-4;
    private static final List<String> PROMPTS = List.of("p0", "p1", "p2");

    @TempDir private Path folder;

    private static CommandLineRun score(String model, String... arguments) {
        List<String> all = new ArrayList<>(List.of("score", "--model", model));
        all.addAll(List.of("--dtype", "float32"));
        all.addAll(List.of(arguments));
        return CommandLineRun.of(all.toArray(String[]::new));
    }

    private static Golden golden(String model) throws IOException {
        return new Golden(Golden.path("tiny/" + model + "/golden.safetensors"));
    }

    private Path idsFile(Object lists) throws IOException {
        return Files.writeString(folder.resolve("ids.json"), new Gson().toJson(lists));
    }

    /** Returns the log-probability of each token but the first, from the reference's logits. */
    private static double[] expected(Golden golden, String prompt) throws IOException {
        long[] ids = golden.longs(prompt + ".input_ids");
        float[] logits = golden.floats(prompt + ".logits");
        int width = logits.length / ids.length;
        double[] expected = new double[ids.length - 1];
        for (int i = 0; i < expected.length; i++) {
            double sum = 0;
            for (int id = 0; id < width; id++) {
                sum += Math.exp(logits[i * width + id]);
            }
            expected[i] = logits[i * width + (int) ids[i + 1]] - Math.log(sum);
        }
        return expected;
    }

    private static double[] logprobs(JsonObject line) {
        List<JsonElement> all = line.get("logprobs").getAsJsonArray().asList();
        assertTrue(all.get(0).isJsonNull(), line::toString);
        return all.stream().skip(1).mapToDouble(JsonElement::getAsDouble).toArray();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemma1_mha", "gemma2", "gemma3_mqa"})
    void logProbabilitiesAreTheReferences(String model) throws IOException {
        try (Golden golden = golden(model)) {
            long[] ids = golden.longs("p2.input_ids");
            double[] expected = expected(golden, "p2");

            JsonObject line = score(tiny(model), "--ids", joined(ids)).line();

            assertEquals(Set.of("ids", "logprobs", "nll", "perplexity"), line.keySet());
            assertArrayEquals(ids, longs(line.get("ids")));
            assertArrayEquals(expected, logprobs(line), TOLERANCE);
            double mean = -Arrays.stream(expected).average().orElseThrow();
            assertEquals(mean, line.get("nll").getAsDouble(), TOLERANCE);
            assertEquals(
                    Math.exp(mean), line.get("perplexity").getAsDouble(), 1e-3 * Math.exp(mean));
        }
    }

    @Test
    void textIsScoredAfterOneBos() {
        JsonObject line = score(tiny(MODEL), "--text", "a<bos>").line();

        assertArrayEquals(new long[] {2, 533, 2}, longs(line.get("ids")));
    }

    @Test
    void likeliestTokensAreShown() throws IOException {
        try (Golden golden = golden(MODEL)) {
            long[] ids = golden.longs("p1.input_ids");

            JsonObject line = score(tiny(MODEL), "--ids", joined(ids), "--top", "2").line();

            JsonArray top = line.get("top").getAsJsonArray();
            assertEquals(ids.length, top.size());
            assertTrue(top.get(0).isJsonNull());
            float[] logits = golden.floats("p1.logits");
            double likeliest = argmax(Arrays.copyOf(logits, logits.length / ids.length));
            JsonArray first = top.get(1).getAsJsonArray();
            assertEquals(2, first.size());
            assertEquals(likeliest, doubles(first.get(0))[0]);
            assertTrue(doubles(first.get(0))[1] > doubles(first.get(1))[1], first::toString);
        }
    }

    private static int argmax(float[] logits) {
        int largest = 0;
        for (int i = 1; i < logits.length; i++) {
            largest = logits[i] > logits[largest] ? i : largest;
        }
        return largest;
    }

    @Test
    void oneTokenHasNoLikelihood() {
        String line = score(tiny(MODEL), "--ids", "2").result().strip();

        assertEquals(
                "{\"ids\": [2], \"logprobs\": [null], \"nll\": null, \"perplexity\": null}", line);
    }

    @Test
    void logitsAreWrittenBesideTheLines() throws IOException {
        Path file = folder.resolve("logits.safetensors");
        try (Golden golden = golden(MODEL)) {
            List<long[]> lists = new ArrayList<>();
            for (String prompt : PROMPTS) {
                lists.add(golden.longs(prompt + ".input_ids"));
            }

            List<JsonObject> lines =
                    score(
                                    tiny(MODEL),
                                    "--ids-file",
                                    idsFile(lists).toString(),
                                    "--logits",
                                    file.toString())
                            .lines();

            try (Golden written = new Golden(file)) {
                for (int i = 0; i < PROMPTS.size(); i++) {
                    Shape shape = golden.shape(PROMPTS.get(i) + ".logits");
                    assertArrayEquals(lists.get(i), longs(lines.get(i).get("ids")));
                    assertEquals(shape.slice(1), written.shape("logits." + i));
                    Golden.assertClose(
                            PROMPTS.get(i),
                            golden.floats(PROMPTS.get(i) + ".logits"),
                            written.floats("logits." + i),
                            TOLERANCE);
                }
            }
        }
        assertEquals(Set.of("ids.json", "logits.safetensors"), filesInFolder());
    }

    @Test
    void nothingIsLeftOfLogitsThatFailed() throws IOException {
        Path file = folder.resolve("logits.safetensors");
        Path ids = idsFile(List.of(List.of(2, 3), List.of(2, 656)));

        CommandLineRun run =
                score(tiny(MODEL), "--ids-file", ids.toString(), "--logits", file.toString());

        assertEquals(1, run.exitCode());
        assertEquals(
                "lapidary: sequence 1: The text holds the id 656; the vocabulary has 656 tokens.",
                run.err().strip());
        assertEquals(Set.of("ids.json"), filesInFolder());
    }

    @Test
    void noLineComesBeforeARefusal() throws IOException {
        Path ids = idsFile(List.of(List.of(2, 3), List.of(2, 656)));

        score(tiny(MODEL), "--ids-file", ids.toString())
                .assertFailed(
                        1,
                        "lapidary: sequence 1: The text holds the id 656; the vocabulary has 656"
                                + " tokens.");
    }

    @Test
    void closedOutputIsNoFaultOfTheLogits() throws IOException {
        PrintWriter closed =
                new PrintWriter(Writer.nullWriter()) {
                    @Override
                    public boolean checkError() {
                        return true;
                    }
                };
        StringWriter err = new StringWriter();
        Console console =
                new Console(
                        InputStream.nullInputStream(),
                        closed,
                        new PrintWriter(err, true),
                        false,
                        null);
        Path file = folder.resolve("logits.safetensors");

        int exitCode =
                Main.run(
                        console,
                        "score",
                        "--model",
                        tiny(MODEL),
                        "--ids",
                        "2,3",
                        "--logits",
                        file.toString());

        assertEquals(1, exitCode);
        assertEquals(
                "lapidary: standard output cannot be written; was it closed?",
                err.toString().strip());
        assertEquals(Set.of(), filesInFolder());
    }

    private Set<String> filesInFolder() throws IOException {
        try (var files = Files.list(folder)) {
            return Set.copyOf(files.map(file -> file.getFileName().toString()).toList());
        }
    }

    /** The reference is each window scored alone, by a model whose context is long enough. */
    @ParameterizedTest
    @CsvSource({"8, false", "16, true", "5, true"})
    void longTextIsScoredInWindows(int stride, boolean given) throws IOException {
        int context = 16;
        Path model = Files.createDirectory(folder.resolve("model"));
        CommandLineRun.tinyWithContext(model, MODEL, context);
        try (Golden golden = golden(MODEL)) {
            long[] ids = golden.longs("p2.input_ids");
            List<long[]> windows = new ArrayList<>();
            for (int start = 0;
                    windows.isEmpty() || start + context - stride < ids.length;
                    start += stride) {
                // The last token of a window predicts one more.
                int end = Math.min(ids.length, start + context + 1);
                windows.add(Arrays.copyOfRange(ids, start, end));
            }
            List<JsonObject> alone =
                    score(tiny(MODEL), "--ids-file", idsFile(windows).toString()).lines();
            List<String> arguments = new ArrayList<>(List.of("--ids", joined(ids)));
            if (given) {
                arguments.addAll(List.of("--stride", Integer.toString(stride)));
            }

            CommandLineRun run = score(model.toString(), arguments.toArray(String[]::new));

            assertEquals(
                    "lapidary: sequence 0 has 33 tokens, more than the context: it is scored in"
                            + " windows of 16, with a stride of "
                            + stride,
                    run.err().strip());
            double[] found = logprobs(new CommandLineRun(0, run.out(), "").line());
            assertArrayEquals(joinWindows(alone, stride, ids.length), found, TOLERANCE);
        }
    }

    private static double[] joinWindows(List<JsonObject> windows, int stride, int length) {
        double[] joined = new double[length - 1];
        Arrays.fill(joined, Double.NaN);
        for (int w = 0; w < windows.size(); w++) {
            double[] own = logprobs(windows.get(w));
            for (int i = 0; i < own.length; i++) {
                int place = w * stride + i;
                if (Double.isNaN(joined[place])) {
                    joined[place] = own[i];
                }
            }
        }
        return joined;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    | a text is missing: give one of --ids, --text and --ids-file
                    --ids 2 --text a | only one can be scored: give one of --ids, --text and --ids-file
                    --text a --ids-file f | only one can be scored: give one of --ids, --text and --ids-file
                    --ids 2,3 --top -1 | --top allows counts from 0 to 20; found -1
                    --ids 2,3 --top 21 | --top allows counts from 0 to 20; found 21
                    --ids 2,3 --stride 0 | --stride allows counts from 1; found 0
                    --ids 2,3 --logits . | --logits . is a folder; expected a file to write
                    """)
    void wrongUseIsExplained(String arguments, String message) {
        score(tiny(MODEL), arguments == null ? new String[0] : arguments.split(" "))
                .assertFailed(2, "lapidary: " + message + "\nTry 'lapidary score --help'.");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    --ids= | sequence 0: The text is empty; it needs at least a token.
                    --ids 2,656 | sequence 0: The text holds the id 656; the vocabulary has 656 tokens.
                    --ids 2 --stride 32769 | sequence 0: The stride (32769) is larger than the context (32768 tokens).
                    --ids 2 --logits no/such/file | no/such/file could not be written: its folder does not exist.
                    --ids-file no/such/file | no such file or folder: no/such/file
                    """)
    void failureIsOneLine(String arguments, String message) {
        score(tiny(MODEL), arguments.split(" ")).assertFailed(1, "lapidary: " + message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    [[2,5],[3,"x"]] | $[1][1]
                    [[2,5],[3,1.5]] | $[1][1]
                    [[2,5],[3,99999999999]] | $[1][1]
                    [[2,5],7] | $[1]
                    {"ids":[2]} | $
                    [[2,5] | $[1]
                    [[2,5]] [[1]] | $
                    2,5,7 | $
                    """)
    void fileOfAnythingElseThanListsOfIdsIsRefused(String content, String place)
            throws IOException {
        Path file = Files.writeString(folder.resolve("ids.json"), content);

        score(tiny(MODEL), "--ids-file", file.toString())
                .assertFailed(
                        1,
                        "lapidary: "
                                + file
                                + ": expected a JSON list of lists of ids, such as [[2,5,7],[2,9]];"
                                + " found something else at "
                                + place
                                + ".");
    }
}
