package io.github.lapidary.cli;

import static io.github.lapidary.cli.CommandLineRun.doubles;
import static io.github.lapidary.cli.CommandLineRun.joined;
import static io.github.lapidary.cli.CommandLineRun.longs;
import static io.github.lapidary.cli.CommandLineRun.tiny;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.lapidary.Golden;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.Tiny;
import io.github.lapidary.checkpoint.CheckpointWriter;
import io.github.lapidary.checkpoint.WriteOptions;
import io.github.lapidary.file.StoredType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
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

class GenerateCommandTest {

    private static final String MODEL = "gemma3_mqa";
    private static final String TEXT = "The quick brown fox";

    private static CommandLineRun generate(String... arguments) {
        return CommandLineRun.of(command(MODEL, arguments));
    }

    private static String[] command(String model, String... arguments) {
        List<String> all = new ArrayList<>(List.of("generate", "--model", tiny(model)));
        all.addAll(List.of("--dtype", "float32", "--ignore-eos", "--max-new-tokens", "24"));
        all.addAll(List.of(arguments));
        return all.toArray(String[]::new);
    }

    /** What the last layer's attention adds at a distance of 2 is no number. */
    @Test
    void gatesThatGiveNoNumbersEndItByLayerAndToken(@TempDir Path broken) throws Exception {
        Path source = Tiny.path("glam_alt");
        try (LanguageModel model = LanguageModel.load(source)) {
            CheckpointWriter.write(
                    model.block(),
                    model.defaults(),
                    broken.resolve("model"),
                    WriteOptions.of(StoredType.F32).withTokenizerFolder(source));
        }
        Path weights = broken.resolve("model/model.safetensors");
        breakNumber(weights, "model.layers.3.self_attn.relative_attention_bias.weight", 2 * 2);
        CommandLineRun.of(
                        "generate",
                        "--model",
                        broken.resolve("model").toString(),
                        "--dtype",
                        "float32",
                        "--ids",
                        "2,5,6,9",
                        "--greedy")
                .assertFailed(
                        1,
                        "lapidary: The gate of layer 3 gives nan for token 3: its weight or the"
                                + " token is not finite.");
    }

    /** Writes NaN into a float32 tensor of a safetensors file. */
    private static void breakNumber(Path file, String tensor, int index) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int header = Math.toIntExact(bytes.getLong(0));
        String json = new String(bytes.array(), 8, header, StandardCharsets.UTF_8);
        JsonArray offsets =
                JsonParser.parseString(json)
                        .getAsJsonObject()
                        .getAsJsonObject(tensor)
                        .getAsJsonArray("data_offsets");
        bytes.putFloat(8 + header + offsets.get(0).getAsInt() + 4 * index, Float.NaN);
        Files.write(file, bytes.array());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gemma1_mha",
                "gemma1_mqa",
                "gemma2",
                "gemma2_bf16",
                "gemma3_mqa",
                "gemma3_multimodal_layout",
                "gemma3_ropescale",
                "recurrentgemma",
                "recurrentgemma_bf16"
            })
    void greedyIdsAreTheReferences(String model) throws IOException {
        try (Golden golden = new Golden(Golden.path("tiny/" + model + "/golden.safetensors"))) {
            long[] prompt = golden.longs("p2.input_ids");

            JsonObject line =
                    CommandLineRun.of(command(model, "--ids", joined(prompt), "--greedy", "--json"))
                            .line();

            assertEquals(
                    Set.of(
                            "ids",
                            "text",
                            "finish_reason",
                            "prompt_tokens",
                            "completion_tokens",
                            "prefill_seconds",
                            "decode_seconds"),
                    line.keySet());
            assertArrayEquals(golden.longs("p2.greedy"), longs(line.get("ids")));
            assertEquals("length", line.get("finish_reason").getAsString());
            assertEquals(prompt.length, line.get("prompt_tokens").getAsInt());
            assertEquals(24, line.get("completion_tokens").getAsInt());
            assertTrue(line.get("prefill_seconds").getAsDouble() > 0);
            assertTrue(line.get("decode_seconds").getAsDouble() > 0);
        }
    }

    @Test
    void textComesFromArgumentAndInputAlike() {
        String text = generate(TEXT, "--json").line().get("text").getAsString();

        assertEquals(text, generate(TEXT).result());
        assertEquals(text, CommandLineRun.withInput(TEXT, command(MODEL, "-")).result());
        assertEquals(text + "\n", CommandLineRun.onTerminal(command(MODEL, TEXT)).result());
    }

    @Test
    void textGetsOneBosAndIdsNone() {
        String tokens =
                CommandLineRun.withInput("\"" + TEXT + "\"", "tokens", "--model", tiny(MODEL))
                        .line()
                        .get("ids")
                        .getAsJsonArray()
                        .toString()
                        .replaceAll("[\\[\\]]", "");

        JsonObject ofText = generate(TEXT, "--json").line();

        assertArrayEquals(ids(ofText), ids(generate("--ids", "2," + tokens, "--json").line()));
        int without = generate("--ids", tokens, "--json").line().get("prompt_tokens").getAsInt();
        assertEquals(without + 1, ofText.get("prompt_tokens").getAsInt());
    }

    @Test
    void textIsShownTokenByToken() {
        List<String> shown = new ArrayList<>();
        Writer screen =
                new StringWriter() {
                    @Override
                    public void flush() {
                        if (getBuffer().length() > 0) {
                            shown.add(toString());
                            getBuffer().setLength(0);
                        }
                    }
                };
        PrintWriter err = new PrintWriter(new StringWriter());
        InputStream in = InputStream.nullInputStream();

        Main.run(new Console(in, new PrintWriter(screen), err, false, null), command(MODEL, TEXT));

        assertEquals(generate(TEXT).result(), String.join("", shown));
        assertTrue(shown.size() > 10, shown::toString);
    }

    @Test
    void stopsBeforeAString() {
        String text = generate(TEXT).result();
        String stop = text.substring(text.length() / 2, text.length() / 2 + 3);
        String before = text.substring(0, text.indexOf(stop));

        JsonObject line = generate(TEXT, "--stop", stop, "--stop", "no such text", "--json").line();

        assertEquals(before, line.get("text").getAsString());
        assertEquals("stop", line.get("finish_reason").getAsString());
        assertTrue(line.get("completion_tokens").getAsInt() < 24, line::toString);
        assertEquals(before, generate(TEXT, "--stop", stop).result());
    }

    @Test
    void stopsAtAToken() {
        long[] all = ids(generate(TEXT, "--json").line());
        long last = all[all.length - 1];
        int count = 1;
        while (all[count - 1] != last) {
            count++;
        }

        JsonObject line = generate(TEXT, "--stop-id", Long.toString(last), "--json").line();

        assertArrayEquals(Arrays.copyOf(all, count), ids(line));
        assertEquals("stop", line.get("finish_reason").getAsString());
    }

    @Test
    void sameSeedSamplesTheSameText() {
        String[] sampling = {TEXT, "--temperature", "2", "--top-k", "50", "--json", "--seed"};

        long[] seven = ids(generate(with(sampling, "7")).line());

        assertArrayEquals(seven, ids(generate(with(sampling, "7")).line()));
        assertFalse(Arrays.equals(seven, ids(generate(with(sampling, "8")).line())));
        assertFalse(Arrays.equals(seven, ids(generate(TEXT, "--json").line())));
    }

    @Test
    void biasForbidsAToken() {
        long likeliest = ids(generate(TEXT, "--json").line())[0];

        long[] ids = ids(generate(TEXT, "--json", "--logit-bias", likeliest + "=-Infinity").line());

        assertTrue(Arrays.stream(ids).noneMatch(id -> id == likeliest));
    }

    @Test
    void showsLogProbabilities() throws IOException {
        try (Golden golden = new Golden(Golden.path("tiny/" + MODEL + "/golden.safetensors"))) {
            String prompt = joined(golden.longs("p1.input_ids"));

            JsonObject line = generate("--ids", prompt, "--logprobs", "3", "--json").line();

            float[] logits = golden.floats("p1.logits");
            int width = Math.toIntExact(golden.shape("p1.logits").get(2));
            float[] last = Arrays.copyOfRange(logits, logits.length - width, logits.length);
            double expected = golden.longs("p1.greedy")[0];
            JsonArray tokens = line.get("logprobs").getAsJsonArray();
            assertEquals(24, tokens.size());
            JsonObject first = tokens.get(0).getAsJsonObject();
            double logprob = first.get("logprob").getAsDouble();
            assertEquals(logProbability(last, (int) expected), logprob, 1e-4);
            JsonArray top = first.get("top").getAsJsonArray();
            assertEquals(3, top.size());
            assertArrayEquals(new double[] {expected, logprob}, doubles(top.get(0)));
        }
    }

    @Test
    void endsWhenTheTimeIsOver() {
        JsonObject line = generate(TEXT, "--deadline", "1e-9", "--json").line();

        assertEquals("deadline", line.get("finish_reason").getAsString());
        assertEquals(0, line.get("completion_tokens").getAsInt());
    }

    @Test
    void interruptEndsTheTextAndTheRun() {
        Thread.currentThread().interrupt();

        CommandLineRun run = generate(TEXT, "--json");

        assertTrue(Thread.interrupted());
        assertEquals(1, run.exitCode());
        assertEquals("lapidary: interrupted", run.err().strip());
    }

    @Test
    void closedOutputEndsTheRun() {
        Writer closed =
                new Writer() {
                    @Override
                    public void write(char[] text, int start, int length) throws IOException {
                        throw new IOException("Broken pipe");
                    }

                    @Override
                    public void flush() {}

                    @Override
                    public void close() {}
                };
        StringWriter err = new StringWriter();
        Console console =
                new Console(
                        InputStream.nullInputStream(),
                        new PrintWriter(closed),
                        new PrintWriter(err, true),
                        false,
                        null);

        int exitCode = Main.run(console, command(MODEL, TEXT));

        assertEquals(1, exitCode);
        assertEquals(
                "lapidary: standard output cannot be written; was it closed?",
                err.toString().strip());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
                    """
                    | a prompt is missing: give TEXT, - or --ids
                    --ids 2,5 hello | TEXT and --ids are both prompts: give one of them
                    --ids 2;5 | Invalid value for option '--ids': '2;5' is no list of ids, such as 2,5,7: '2;5'
                    --ids 2,,5 | Invalid value for option '--ids': '2,,5' is no list of ids, such as 2,5,7: ''
                    hello world | Unmatched argument at index 4: 'world'
                    hello --greedy --temperature 1 | --greedy takes the likeliest token, --temperature asks to sample
                    hello --greedy --top-k 5 | --greedy takes the likeliest token, --top-k asks to sample
                    hello --greedy --top-p 0.5 | --greedy takes the likeliest token, --top-p asks to sample
                    hello --greedy --min-p 0.5 | --greedy takes the likeliest token, --min-p asks to sample
                    hello --logprobs 3 | --logprobs needs --json, which shows them
                    hello --logprobs 21 --json | --logprobs allows counts from 0 to 20; found 21.
                    hello --temperature -1 | --temperature allows numbers from 0; found -1.0.
                    hello --temperature warm | Invalid value for option '--temperature': 'warm' is not a double
                    hello --top-k -1 | --top-k allows counts from 1, or 0 for all; found -1.
                    hello --top-p 1.5 | --top-p allows numbers from 0 to 1; found 1.5.
                    hello --min-p NaN | --min-p allows numbers from 0 to 1; found NaN.
                    hello --repetition-penalty 0 | --repetition-penalty allows numbers above 0; found 0.0.
                    hello --presence-penalty NaN | --presence-penalty allows finite numbers; found NaN.
                    hello --frequency-penalty NaN | --frequency-penalty allows finite numbers; found NaN.
                    hello --logit-bias -1=2 | --logit-bias allows token ids from 0; found -1.
                    hello --stop-id -1 | --stop-id allows token ids from 0; found -1.
                    hello --deadline 0 | --deadline allows times above 0; found 0.0
                    hello --deadline NaN | --deadline allows times above 0; found NaN
                    hello --max-new-tokens 0 | --max-new-tokens allows counts from 1; found 0.
                    hello --dtype int3 | Invalid value for option '--dtype': The dtype is one of [float32, bfloat16], not int3.
                    """)
    void wrongUseIsExplained(String arguments, String message) {
        List<String> command = new ArrayList<>(List.of("generate", "--model", tiny(MODEL)));
        if (arguments != null) {
            command.addAll(List.of(arguments.split(" ")));
        }

        CommandLineRun run = CommandLineRun.of(command.toArray(String[]::new));

        run.assertFailed(2, "lapidary: " + message + "\nTry 'lapidary generate --help'.");
    }

    @Test
    void emptyStopStringIsWrongUse() {
        generate(TEXT, "--stop", "")
                .assertFailed(
                        2,
                        "lapidary: --stop allows non-empty, well-formed texts; found \"\".\n"
                                + "Try 'lapidary generate --help'.");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    --ids= | The prompt is empty; it needs at least a token.
                    --ids 2,656 | The prompt names token 656; the vocabulary has 656 tokens.
                    --ids 2,-1 | The prompt names token -1; the vocabulary has 656 tokens.
                    """)
    void promptThatTheModelCannotReadIsRefused(String prompt, String message) {
        generate(prompt.split(" ")).assertFailed(1, "lapidary: " + message);
    }

    @Test
    void promptLongerThanTheContextIsRefusedWithBothNumbers(@TempDir Path folder)
            throws IOException {
        Path model = CommandLineRun.tinyWithContext(folder, MODEL, 4);

        CommandLineRun run =
                CommandLineRun.of("generate", "--model", model.toString(), "--ids", "2,3,4,5,6");

        run.assertFailed(1, "lapidary: The prompt has 5 tokens; the model's context holds 4.");
    }

    @Test
    void missingModelIsNamed(@TempDir Path folder) {
        Path missing = folder.resolve("missing");

        CommandLineRun.of("generate", "--model", missing.toString(), TEXT)
                .assertFailed(
                        1,
                        "lapidary: "
                                + missing
                                + ": there is no such model; expected a Hugging Face folder or a"
                                + " GGUF file");
    }

    @Test
    void missingTokenizerIsNamed(@TempDir Path folder) throws IOException {
        Path model = CommandLineRun.tinyWithContext(folder, MODEL, 100);
        Path tokenizer = model.resolve("tokenizer.json");
        Files.delete(tokenizer);

        CommandLineRun.of("generate", "--model", model.toString(), TEXT)
                .assertFailed(
                        1,
                        "lapidary: "
                                + tokenizer
                                + ": there is no such file; a tokenizer needs it.");
    }

    @Test
    void inputMustBeText() {
        InputStream in = new ByteArrayInputStream(new byte[] {'a', (byte) 0xff});

        CommandLineRun.run(in, false, command(MODEL, "-"))
                .assertFailed(1, "lapidary: standard input is no UTF-8 text");
    }

    private static long[] ids(JsonObject line) {
        return longs(line.get("ids"));
    }

    private static String[] with(String[] arguments, String last) {
        String[] all = Arrays.copyOf(arguments, arguments.length + 1);
        all[arguments.length] = last;
        return all;
    }

    private static double logProbability(float[] logits, int id) {
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit);
        }
        return logits[id] - Math.log(sum);
    }
}
