package io.github.lapidary.cli;

import static io.github.lapidary.cli.CommandLineRun.longs;
import static io.github.lapidary.cli.CommandLineRun.tiny;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.lapidary.Golden;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokensCommandTest {

    private static final String MODEL = "gemma3_mqa";

    private static JsonArray golden(String model) throws IOException {
        Path file = Golden.path("tiny/" + model + "/golden_tokenizer.json");
        return JsonParser.parseString(Files.readString(file)).getAsJsonArray();
    }

    private static CommandLineRun tokens(String input, String... arguments) {
        String[] all = new String[arguments.length + 3];
        all[0] = "tokens";
        all[1] = "--model";
        all[2] = tiny(MODEL);
        System.arraycopy(arguments, 0, all, 3, arguments.length);
        return CommandLineRun.withInput(input, all);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemma1_mha", "gemma3_mqa"})
    void tokensAreTheReferences(String model, @TempDir Path folder) throws IOException {
        // A folder with nothing but a tokenizer is enough.
        for (String name : List.of("tokenizer.json", "tokenizer_config.json")) {
            Files.copy(Golden.path("tiny/" + model + "/" + name), folder.resolve(name));
        }
        List<JsonElement> golden = golden(model).asList();
        String input =
                golden.stream()
                        .map(text -> text.getAsJsonObject().get("text") + "\n")
                        .collect(Collectors.joining());

        List<JsonObject> lines =
                CommandLineRun.withInput(input, "tokens", "--model", folder.toString()).lines();

        assertEquals(golden.size(), lines.size());
        for (int i = 0; i < lines.size(); i++) {
            JsonObject expected = golden.get(i).getAsJsonObject();
            expected.keySet().retainAll(Set.of("ids", "tokens", "decoded"));
            assertEquals(expected, lines.get(i));
        }
    }

    @Test
    void vocabularyOfAGgufFileIsEnough() {
        String input = "\"Hello, world!\"\n\"  fünf\\n\"\n";
        String gguf = "src/test/resources/gguf/tiny_gemma3_bf16.gguf";

        List<JsonObject> lines = CommandLineRun.withInput(input, "tokens", "--model", gguf).lines();

        assertEquals(2, lines.size());
        assertEquals(tokens(input).lines(), lines);
    }

    @Test
    void bosIsAddedOnceIfAskedFor() {
        List<JsonObject> lines = tokens("\"x\"\n\"<bos>x\"", "--bos").lines();

        for (JsonObject line : lines) {
            assertArrayEquals(new long[] {2, 556}, longs(line.get("ids")));
            assertEquals("<bos>x", line.get("decoded").getAsString());
        }
        assertEquals(2, lines.size());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    a | a
                    'a' | 'a'
                    "a | "a
                    "a" "b" | "a" "b"
                    ["a"] | ["a"]
                    null | null
                    "\\x" | "\\x"
                    ` ` | nothing
                    """)
    void wrongLineIsNamed(String line, String found) {
        CommandLineRun run = tokens("\"x\"\n" + line + "\n\"y\"\n");

        assertEquals(1, run.exitCode());
        assertEquals(
                "lapidary: line 2 of standard input: expected a JSON string, found " + found,
                run.err().strip());
        assertEquals(1, run.out().lines().count());
    }

    @Test
    void inputMustBeText() {
        byte[] latin1 = {'"', (byte) 0xe9, '"', '\n'};

        CommandLineRun run =
                CommandLineRun.run(
                        new ByteArrayInputStream(latin1), false, "tokens", "--model", tiny(MODEL));

        run.assertFailed(1, "lapidary: standard input is no UTF-8 text");
    }

    @Test
    void missingTokenizerIsNamed(@TempDir Path folder) {
        CommandLineRun.of("tokens", "--model", folder.toString())
                .assertFailed(
                        1,
                        "lapidary: "
                                + folder.resolve("tokenizer.json")
                                + ": there is no such file; a tokenizer needs it.");
    }
}
