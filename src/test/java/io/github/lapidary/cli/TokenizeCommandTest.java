package io.github.lapidary.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.github.lapidary.data.TokenFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands {@code train-tokenizer} and {@code tokenize}. */
class TokenizeCommandTest {

    private static final String TRAINING = "src/test/resources/data/training.txt";
    private static final String TOKENIZER = "src/test/resources/data/tokenizer";

    @TempDir private Path folder;

    private String out;
    private String lines;

    @BeforeEach
    void write() throws IOException {
        out = folder.resolve("out.tokens").toString();
        Path file = folder.resolve("a.jsonl");
        lines = Files.writeString(file, "{\"text\": \"one\"}\n{\"text\": \"two\"}\n").toString();
    }

    @Test
    void aTokenizerIsTrainedAndUsed() throws IOException {
        String trained = folder.resolve("trained").toString();
        assertEquals(
                trained + "\n",
                CommandLineRun.of(
                                "train-tokenizer",
                                "--vocab-size",
                                "640",
                                "--out",
                                trained,
                                TRAINING)
                        .result());
        assertEquals(
                Files.readString(Path.of(TOKENIZER, "tokenizer.json")),
                Files.readString(Path.of(trained, "tokenizer.json")));

        JsonObject line =
                CommandLineRun.of("tokenize", "--tokenizer", trained, "--out", out, TRAINING, lines)
                        .line();

        TokenFile file = TokenFile.open(Path.of(out));
        assertEquals(out, line.get("file").getAsString());
        assertEquals(3, line.get("documents").getAsInt());
        assertEquals(file.tokenCount(), line.get("tokens").getAsLong());
        assertEquals(Files.size(Path.of(TRAINING)) + 6, line.get("text_bytes").getAsLong());
        long[] tokens =
                CommandLineRun.withInput("\"two\"\n", "tokens", "--model", trained).lines().stream()
                        .flatMapToLong(ids -> Arrays.stream(CommandLineRun.longs(ids.get("ids"))))
                        .toArray();
        int[] ids = file.ids(2, 0, (int) file.tokens(2));
        assertArrayEquals(tokens, Arrays.stream(ids, 1, ids.length - 1).asLongStream().toArray());
        assertEquals(2, ids[0]);
        assertEquals(1, ids[ids.length - 1]);
    }

    @Test
    void optionsSayHowDocumentsLieInFiles() throws IOException {
        Path text = Files.writeString(folder.resolve("a.txt"), "one\n\ntwo\n***\nthree\n");
        Path body = Files.writeString(folder.resolve("b.ndjson"), "{\"body\": \"four\"}");
        JsonObject line =
                CommandLineRun.of(
                                "tokenize",
                                "--tokenizer",
                                TOKENIZER,
                                "--out",
                                out,
                                "--separator",
                                "***",
                                "--field",
                                "body",
                                "--no-bos",
                                "--no-eos",
                                "--threads",
                                "2",
                                text.toString(),
                                body.toString())
                        .line();
        assertEquals(3, line.get("documents").getAsInt());
        TokenFile file = TokenFile.open(Path.of(out));
        assertFalse(file.hasBos() || file.hasEos());
    }

    @Test
    void failuresAreTold() throws IOException {
        String[] run = {"tokenize", "--tokenizer", TOKENIZER, "--out", out, lines};
        CommandLineRun.of(run).result();
        CommandLineRun.of(run)
                .assertFailed(1, "lapidary: " + out + ": it exists already and is not replaced");
        String[] replacing = Arrays.copyOf(run, run.length + 1);
        replacing[run.length] = "--replace";
        assertEquals(2, CommandLineRun.of(replacing).line().get("documents").getAsInt());
        Files.writeString(Path.of(lines), "{\"text\": \"one\"}\n{\"text\": 2}\n");
        CommandLineRun.of(replacing)
                .assertFailed(
                        1,
                        "lapidary: " + lines + ": line 2: \"text\" is no text, or is there twice.");
        CommandLineRun.of("train-tokenizer", "--out", folder.resolve("t").toString(), TRAINING)
                .assertFailed(
                        2,
                        "lapidary: The texts have pieces for a vocabulary of 1293 tokens, not of"
                                + " 4096: more text is needed, or a smaller vocabulary.\n"
                                + "Try 'lapidary train-tokenizer --help'.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"train-tokenizer", "tokenize"})
    void helpFitsATerminal(String command) {
        String help = CommandLineRun.of(command, "--help").result();
        assertTrue(help.startsWith("Usage: lapidary " + command), help);
        assertTrue(help.lines().allMatch(line -> line.length() <= 80), help);
    }
}
