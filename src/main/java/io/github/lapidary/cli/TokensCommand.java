package io.github.lapidary.cli;

import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import io.github.lapidary.file.Gguf;
import io.github.lapidary.text.Tokenizer;
import io.github.lapidary.text.TokenizerJson;
import io.github.lapidary.text.VocabularyTokenizer;
import java.io.EOFException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;

/** Shows how texts become tokens. */
@Command(
        name = "tokens",
        description = {
            "Show the tokens of texts.",
            "Standard input holds one text a line, as a JSON string; for each a line of JSON is"
                    + " written, with its ids, the tokens' spelling, and the text that the ids"
                    + " stand for."
        },
        sortOptions = false,
        footerHeading = "%nExamples:%n",
        footer = {
            "  echo '\"Hello, world!\"' | lapidary tokens --model gemma-3-270m",
            "  lapidary tokens --model model.gguf --bos <texts.jsonl >tokens.jsonl"
        })
final class TokensCommand implements Callable<Integer> {

    private final Console console;

    @Option(
            names = "--model",
            required = true,
            paramLabel = "PATH",
            description = "A folder with a tokenizer.json, or a GGUF file.")
    private Path model;

    @Option(
            names = "--bos",
            description = "Begin with the token that begins every text, unless it is there.")
    private boolean bos;

    TokensCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        try (Tokenizer tokenizer = open(model)) {
            AtomicLong number = new AtomicLong();
            console.eachLine(
                    line -> {
                        String text = text(line, number.incrementAndGet());
                        console.print(JsonLine.of(json(tokenizer, text)));
                    });
        }
        return ExitCode.OK;
    }

    /** Opens the tokenizer of a model, without the model. */
    static Tokenizer open(Path model) throws IOException {
        return Files.isRegularFile(model)
                ? VocabularyTokenizer.of(Gguf.read(model).metadata(), model)
                : TokenizerJson.load(model);
    }

    private JsonObject json(Tokenizer tokenizer, String text) {
        int[] ids = tokenizer.encode(text, bos);
        JsonObject line = new JsonObject();
        line.add("ids", JsonLine.ids(ids));
        line.add(
                "tokens",
                JsonLine.list(
                        Arrays.stream(ids)
                                .mapToObj(id -> new JsonPrimitive(tokenizer.piece(id)))
                                .toList()));
        line.addProperty("decoded", tokenizer.decode(ids, false));
        return line;
    }

    /** Returns the text that a line of standard input holds as a JSON string. */
    static String text(String line, long number) throws IOException {
        try (JsonReader json = new JsonReader(new StringReader(line))) {
            json.setStrictness(Strictness.STRICT);
            if (json.peek() == JsonToken.STRING) {
                String text = json.nextString();
                if (json.peek() == JsonToken.END_DOCUMENT) {
                    return text;
                }
            }
            throw new MalformedJsonException("");
        } catch (MalformedJsonException | EOFException e) {
            throw new IOException(
                    "line "
                            + number
                            + " of standard input: expected a JSON string, found "
                            + shortened(line),
                    e);
        }
    }

    private static String shortened(String line) {
        int most = 60;
        return line.isBlank()
                ? "nothing"
                : line.length() <= most ? line : line.substring(0, most) + "…";
    }
}
