package io.github.lapidary.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.lapidary.file.MalformedFileException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerJsonTest {

    private static final Path FOLDER = TinyTokenizers.folder("gemma3_mqa");

    @TempDir private Path folder;

    private void write(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text);
    }

    private static String original() throws IOException {
        return Files.readString(FOLDER.resolve("tokenizer.json"));
    }

    private void assertRefused(String expected) {
        String message =
                assertThrows(MalformedFileException.class, () -> TokenizerJson.load(folder))
                        .getMessage();
        assertTrue(message.contains(expected), message);
        assertTrue(message.startsWith(folder.toString()), message);
    }

    @Test
    void namesTheMissingFile() {
        NoSuchFileException e =
                assertThrows(NoSuchFileException.class, () -> TokenizerJson.load(folder));
        assertEquals(
                folder.resolve("tokenizer.json") + ": there is no such file; a tokenizer needs it.",
                e.getMessage());
    }

    @Test
    void needsNoTokenizerConfig() throws IOException {
        write("tokenizer.json", original());
        try (Tokenizer tokenizer = TokenizerJson.load(folder)) {
            assertEquals(2, tokenizer.bosId());
        }
    }

    @Test
    void takesBosFromTheConfig() throws IOException {
        write("tokenizer.json", original());
        write("tokenizer_config.json", "{\"bos_token\": {\"content\": \"<start_of_turn>\"}}");
        try (Tokenizer tokenizer = TokenizerJson.load(folder)) {
            int bos = tokenizer.id("<start_of_turn>").orElseThrow();
            assertArrayEquals(new int[] {bos}, tokenizer.encode("", true));
        }
    }

    @Test
    void refusesABosOutsideTheVocabulary() throws IOException {
        write("tokenizer.json", original());
        write("tokenizer_config.json", "{\"bos_token\": \"<s>\"}");
        assertRefused("the beginning-of-sequence token <s> is not in the vocabulary.");
    }

    @Test
    void refusesABrokenConfig() throws IOException {
        write("tokenizer.json", original());
        write("tokenizer_config.json", "{\"bos_token\": ");
        assertRefused("tokenizer_config.json: it is not the JSON expected");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    "type": "BPE"              | "type": "WordLevel"             | model.type is "WordLevel"
                    "dropout": null            | "dropout": 0.5                  | model.dropout is 0.5
                    "unk_token": "<unk>"       | "unk_token": "?!"               | model.unk_token is "?!"
                    "type": "Fuse"             | "type": "Strip"                 | decoder is {
                    "behavior": "MergedWithPrevious" | "behavior": "Isolated"    | pre_tokenizer is {
                    "version": "1.0"           | "version": "9.9"                | Unknown tokenizer version
                    "vocab": {                 | "vocab": {"x": 2,               | share the id 2
                    "vocab": {                 | "vocab": {"x": -1,              | has the id -1
                    "vocab": {                 | "vocab": {"x": 2000000000,      | has the id 2000000000
                    "added_tokens": [          | "added_tokens": [{},            | has no id
                    "added_tokens": [          | "decoder": 5, "added_tokens": [ | decoder is there twice
                    "merges": [                | "merges": [["x", "<bos>"],      | it is no tokenizer
                    {                          | [                               | it is not the JSON expected
                    """)
    void refusesWhatIsNotGemmas(String found, String replacement, String expected)
            throws IOException {
        String text = original();
        int place = text.indexOf(found);
        assertTrue(place >= 0, found);
        write(
                "tokenizer.json",
                text.substring(0, place) + replacement + text.substring(place + found.length()));
        assertRefused(expected);
    }

    /** The library ends the process when a template asks for a second text. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "[{\"Sequence\": {\"id\": \"B\", \"type_id\": 0}}]",
                "[{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}},"
                        + " {\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}]",
                "[]",
                "7"
            })
    void refusesTemplatesOfOtherTextsThanOne(String single) throws IOException {
        JsonObject json = JsonParser.parseString(original()).getAsJsonObject();
        json.getAsJsonObject("post_processor").add("single", JsonParser.parseString(single));
        write("tokenizer.json", json.toString());
        assertRefused("only Gemma's kind is read, a TemplateProcessing of the text A alone.");
    }

    @Test
    void aFileThatHasChangedIsNotReadAgain() throws IOException {
        write("tokenizer.json", original());
        try (Tokenizer tokenizer = TokenizerJson.load(folder)) {
            write("tokenizer.json", original() + "\n");
            assertTrue(
                    assertThrows(
                                    UncheckedIOException.class,
                                    () -> tokenizer.encodeAsText("Hello <bos>"))
                            .getMessage()
                            .contains("it has changed since it was loaded; load the model anew."));
        }
    }

    @Test
    void refusesAnAddedTokenThatTheLibraryNumbersOtherwise() throws IOException {
        write("tokenizer.json", original().replace("\"id\": 581", "\"id\": 600"));
        assertRefused("<image_soft_token> has the id 600 but is encoded as [581].");
    }

    @Test
    void hasTheTokenBeyondTheModelsVocabulary() throws IOException {
        try (Tokenizer tokenizer = TokenizerJson.load(FOLDER)) {
            assertEquals(582, tokenizer.size());
            assertEquals(OptionalInt.of(581), tokenizer.id("<image_soft_token>"));
            assertTrue(tokenizer.isSpecial(581));
        }
    }

    /** The library's own decoder is the reference, above all for bytes that are not UTF-8. */
    @Test
    void decodesAnyIdsAsTheLibraryDoes() throws IOException {
        try (Tokenizer tokenizer = TokenizerJson.load(FOLDER);
                HuggingFaceTokenizer library =
                        HuggingFaceTokenizer.newInstance(FOLDER.resolve("tokenizer.json"))) {
            int firstByte = tokenizer.id("<0x00>").orElseThrow();
            // Special only by its role in transformers, which the library does not know.
            int mask = tokenizer.id("<mask>").orElseThrow();
            Random random = new Random(7);
            for (int round = 0; round < 3_000; round++) {
                int[] ids =
                        random.ints(random.nextInt(12), 0, 2)
                                .map(
                                        kind ->
                                                kind == 0
                                                        ? firstByte + random.nextInt(256)
                                                        : random.nextInt(tokenizer.size()))
                                .toArray();
                long[] same = Arrays.stream(ids).asLongStream().toArray();
                assertEquals(library.decode(same, false), tokenizer.decode(ids, false));
                if (Arrays.stream(ids).noneMatch(id -> id == mask)) {
                    assertEquals(library.decode(same, true), tokenizer.decode(ids, true));
                }
            }
        }
    }

    /** The library would end the process on some of these files. */
    @Test
    void survivesDamagedFiles() throws IOException {
        byte[] whole = original().getBytes(StandardCharsets.UTF_8);
        Random random = new Random(11);
        int refused = 0;
        for (int round = 0; round < 1_000; round++) {
            byte[] damaged = damage(whole, random);
            Files.write(folder.resolve("tokenizer.json"), damaged);
            try (Tokenizer tokenizer = TokenizerJson.load(folder)) {
                tokenizer.encode("Hello <b>world</b>\n\n  é🙂", true);
            } catch (MalformedFileException e) {
                refused++;
            }
        }
        assertTrue(refused > 500, refused + " refused");
    }

    private static byte[] damage(byte[] whole, Random random) {
        byte[] damaged = whole.clone();
        for (int i = random.nextInt(3); i >= 0; i--) {
            int place =
                    random.nextBoolean()
                            ? random.nextInt(damaged.length)
                            : Math.min(damaged.length - 1, 4_000 + random.nextInt(3_000));
            damaged[place] = (byte) "0123456789{}[]\",:tfn-\\ ".charAt(random.nextInt(23));
        }
        return random.nextInt(8) == 0
                ? Arrays.copyOf(damaged, random.nextInt(damaged.length))
                : damaged;
    }

    @Test
    void closesUnderRunningCalls() throws Exception {
        Tokenizer tokenizer = TokenizerJson.load(FOLDER);
        String text = "The quick brown fox. ".repeat(50);
        CompletableFuture<Void> loop =
                CompletableFuture.runAsync(
                        () -> {
                            while (true) {
                                tokenizer.encode(text, true);
                            }
                        });
        Thread.sleep(20);
        tokenizer.close();
        tokenizer.close();
        assertEquals(
                "The tokenizer is closed.",
                assertThrows(IllegalStateException.class, () -> tokenizer.encode("a", false))
                        .getMessage());
        Throwable end = assertThrows(Exception.class, loop::join).getCause();
        assertEquals(IllegalStateException.class, end.getClass());
    }

    @Test
    void keepsNoMemory() throws IOException {
        Path status = Path.of("/proc/self/status");
        assumeTrue(Files.exists(status), "Only Linux tells the memory of the process.");
        String text = "The quick brown fox. ".repeat(200);
        try (Tokenizer tokenizer = TokenizerJson.load(FOLDER)) {
            encodeOften(tokenizer, text, 100);
            long before = residentKilobytes(status);
            encodeOften(tokenizer, text, 1_000);
            // Java's heap may take 50 MB for the ids; what the library uses meanwhile, times 1000,
            // is several hundred.
            long growth = residentKilobytes(status) - before;
            assertTrue(growth < 120_000, growth + " kB");
        }
    }

    private static void encodeOften(Tokenizer tokenizer, String text, int times) {
        for (int i = 0; i < times; i++) {
            assertEquals(2401, tokenizer.encode(text, true).length);
        }
    }

    private static long residentKilobytes(Path status) throws IOException {
        List<String> lines = Files.readAllLines(status);
        String line = lines.stream().filter(l -> l.startsWith("VmRSS")).findFirst().orElseThrow();
        return Long.parseLong(line.replaceAll("\\D", ""));
    }
}
