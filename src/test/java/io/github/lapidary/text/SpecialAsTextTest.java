package io.github.lapidary.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Texts in which names of special tokens are text like any other. */
class SpecialAsTextTest {

    /** A text with the tokens that Hugging Face's tokenizer makes of it so. */
    private record Known(String text, List<Integer> ids) {}

    private static List<Known> known(String name) throws IOException {
        Path file = Path.of("src/test/resources/text/special_as_text.json");
        JsonObject all = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        return List.of(new Gson().fromJson(all.get(name), Known[].class));
    }

    private static Tokenizer fromGguf(String name) throws IOException {
        return VocabularyTokenizer.of(TinyTokenizers.metadata(name), Path.of(name + ".gguf"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemma1_mha", "gemma3_mqa"})
    void idsAreTheReferences(String name) throws IOException {
        List<Known> known = known(name);
        assertEquals(12, known.size());
        try (Tokenizer fromJson = TokenizerJson.load(TinyTokenizers.folder(name));
                Tokenizer fromGguf = fromGguf(name)) {
            for (Known text : known) {
                int[] ids = text.ids().stream().mapToInt(Integer::intValue).toArray();
                assertArrayEquals(ids, fromJson.encodeAsText(text.text()), text.text());
                assertArrayEquals(ids, fromGguf.encodeAsText(text.text()), text.text());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemma1_mha", "gemma3_mqa"})
    void anyTextBecomesOrdinaryTokensThatMeanIt(String name) throws IOException {
        try (Tokenizer fromJson = TokenizerJson.load(TinyTokenizers.folder(name));
                Tokenizer fromGguf = fromGguf(name)) {
            RandomText texts = new RandomText(new Random(5), fromGguf);
            for (int round = 0; round < 2_000; round++) {
                String text = texts.next();
                int[] ids = fromJson.encodeAsText(text);
                assertArrayEquals(ids, fromGguf.encodeAsText(text), text);
                assertTrue(IntStream.of(ids).noneMatch(fromJson::isSpecial), text);
                if (fromJson.specialTokens().stream().noneMatch(text::contains)) {
                    assertArrayEquals(ids, fromJson.encode(text, false), text);
                }
            }
        }
    }

    @Test
    void specialTokensAreNamed() throws IOException {
        try (Tokenizer tokenizer = TokenizerJson.load(TinyTokenizers.folder("gemma1_mha"))) {
            assertEquals(
                    Set.of(
                            "<pad>",
                            "<eos>",
                            "<bos>",
                            "<unk>",
                            "<mask>",
                            "<start_of_turn>",
                            "<end_of_turn>"),
                    tokenizer.specialTokens());
        }
    }

    @Test
    void fileThatIsGoneIsToldWhenItIsNeededAgain(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("tokenizer.json");
        Files.copy(TinyTokenizers.folder("gemma1_mha").resolve("tokenizer.json"), file);
        try (Tokenizer tokenizer = TokenizerJson.load(folder)) {
            int[] before = tokenizer.encodeAsText("a<bos>");
            Files.delete(file);
            assertArrayEquals(before, tokenizer.encodeAsText("a<bos>"));
        }
        Files.copy(TinyTokenizers.folder("gemma1_mha").resolve("tokenizer.json"), file);
        try (Tokenizer tokenizer = TokenizerJson.load(folder)) {
            Files.delete(file);
            assertArrayEquals(tokenizer.encode("a", false), tokenizer.encodeAsText("a"));
            UncheckedIOException failure =
                    assertThrows(
                            UncheckedIOException.class, () -> tokenizer.encodeAsText("a<bos>"));
            assertTrue(failure.getMessage().contains(file.toString()), failure.getMessage());
        }
    }

    @Test
    void closedTokenizerEncodesNothing() throws IOException {
        Tokenizer tokenizer = TokenizerJson.load(TinyTokenizers.folder("gemma1_mha"));
        tokenizer.encodeAsText("<bos>");
        tokenizer.close();
        assertThrows(IllegalStateException.class, () -> tokenizer.encodeAsText("<bos>"));
        assertThrows(IllegalStateException.class, () -> tokenizer.encodeAsText("a"));
        tokenizer.close();
    }
}
