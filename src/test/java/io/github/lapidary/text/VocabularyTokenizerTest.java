package io.github.lapidary.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lapidary.file.GgufMetadata;
import io.github.lapidary.file.MalformedFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VocabularyTokenizerTest {

    private static final Path FILE = Path.of("tiny.gguf");
    private static final String KEYS = "tokenizer.ggml.";

    private final GgufMetadata metadata;

    VocabularyTokenizerTest() throws IOException {
        metadata = TinyTokenizers.metadata("gemma1_mha");
    }

    private Tokenizer with(String key, Object value) throws IOException {
        return VocabularyTokenizer.of(TinyTokenizers.with(metadata, KEYS + key, value), FILE);
    }

    /** Hugging Face's tokenizer is the reference, on texts made of its own pieces and of noise. */
    @ParameterizedTest
    @ValueSource(strings = {"gemma1_mha", "gemma3_mqa"})
    void encodesAnyTextAsHuggingFaceDoes(String name) throws IOException {
        try (Tokenizer reference = TokenizerJson.load(TinyTokenizers.folder(name));
                Tokenizer tokenizer = VocabularyTokenizer.of(TinyTokenizers.metadata(name), FILE)) {
            RandomText texts = new RandomText(new Random(3), tokenizer);
            for (int round = 0; round < 4_000; round++) {
                String text = texts.next();
                assertArrayEquals(
                        reference.encode(text, true), tokenizer.encode(text, true), () -> text);
            }
        }
    }

    @Test
    void longTextWithoutBoundariesTakesNoLongTime() throws IOException {
        Tokenizer tokenizer = with("model", "llama");
        String text = "theanding".repeat(200_000);
        int[] ids = tokenizer.encode(text, false);
        assertEquals(text, tokenizer.decode(ids, false));
    }

    @Test
    void putsASpaceInFrontIfTold() throws IOException {
        Tokenizer plain = with("model", "llama");
        Tokenizer prefixing = with("add_space_prefix", true);
        assertArrayEquals(plain.encode(" the", true), prefixing.encode("the", true));
        assertArrayEquals(plain.encode("<b>the", true), prefixing.encode("<b>the", true));
        assertArrayEquals(new int[0], prefixing.encode("", false));
        assertEquals(" the", prefixing.decode(prefixing.encode(" the", false), false));
    }

    @Test
    void theSpacePrefixIsLlamasUnlessTheModelIsGemma() throws IOException {
        GgufMetadata silent = TinyTokenizers.with(metadata, KEYS + "add_space_prefix", null);
        GgufMetadata gemma = TinyTokenizers.with(silent, "general.architecture", "gemma");
        int[] prefixed = with("add_space_prefix", true).encode("the", false);
        int[] plain = with("add_space_prefix", false).encode("the", false);
        assertFalse(Arrays.equals(prefixed, plain));
        assertArrayEquals(prefixed, VocabularyTokenizer.of(silent, FILE).encode("the", false));
        assertArrayEquals(plain, VocabularyTokenizer.of(gemma, FILE).encode("the", false));
    }

    @Test
    void unknownCharactersBecomeTheUnknownTokenWithoutBytes() throws IOException {
        long[] types = metadata.get(KEYS + "token_type", long[].class).clone();
        for (int i = 0; i < types.length; i++) {
            types[i] = types[i] == 6 ? 5 : types[i];
        }
        assertArrayEquals(new int[] {2, 3}, with("token_type", types).encode("ᚠ", true));
    }

    /** Early converters wrote them as normal tokens, others as user-defined ones. */
    @ParameterizedTest
    @ValueSource(longs = {1, 4})
    void whatOpensAndEndsTurnsIsControlWhateverItsType(long type) throws IOException {
        Tokenizer right = with("model", "llama");
        int start = right.id("<start_of_turn>").orElseThrow();
        int end = right.id("<end_of_turn>").orElseThrow();
        long[] types = metadata.get(KEYS + "token_type", long[].class).clone();
        types[start] = type;
        types[end] = type;
        Tokenizer tokenizer = with("token_type", types);
        String turn = "<start_of_turn>user\nHi<end_of_turn>";
        assertArrayEquals(right.encode(turn, true), tokenizer.encode(turn, true));
        assertArrayEquals(right.encodeAsText(turn), tokenizer.encodeAsText(turn));
        assertTrue(tokenizer.isSpecial(start) && tokenizer.isSpecial(end));
        assertEquals(type, types[start], "the metadata stay as they were");
    }

    @Test
    void ofTokensSpelledAlikeTheFirstIsFound() throws IOException {
        String[] tokens = metadata.strings(KEYS + "tokens").toArray(String[]::new);
        long[] types = metadata.get(KEYS + "token_type", long[].class).clone();
        for (int id : new int[] {7, 9}) {
            tokens[id] = "<x>";
            types[id] = 3;
        }
        GgufMetadata twice = TinyTokenizers.with(metadata, KEYS + "tokens", List.of(tokens));
        Tokenizer tokenizer =
                VocabularyTokenizer.of(
                        TinyTokenizers.with(twice, KEYS + "token_type", types), FILE);
        assertArrayEquals(new int[] {7, 7}, tokenizer.encode("<x><x>", false));
    }

    @Test
    void refusesWhatContradictsItself() {
        long[] types = metadata.get(KEYS + "token_type", long[].class);
        double[] scores = metadata.get(KEYS + "scores", double[].class);
        int size = types.length;
        assertRefused("model", "gpt2", "tokenizer.ggml.model is gpt2; only llama");
        assertRefused("model", null, "the key tokenizer.ggml.model is missing");
        assertRefused("tokens", null, "the key tokenizer.ggml.tokens is missing");
        assertRefused("tokens", "a", "tokenizer.ggml.tokens holds a String");
        assertRefused("scores", null, "the key tokenizer.ggml.scores is missing");
        assertRefused(
                "scores",
                new double[3],
                "tokenizer.ggml.scores has 3 elements, but tokenizer.ggml.tokens has " + size);
        assertRefused("token_type", new long[] {1}, "tokenizer.ggml.token_type has 1 elements");
        assertRefused("bos_token_id", null, "the key tokenizer.ggml.bos_token_id is missing");
        assertRefused("bos_token_id", (long) size, "tokenizer.ggml.bos_token_id is " + size);
        assertRefused("unknown_token_id", -1L, "tokenizer.ggml.unknown_token_id is -1");

        long[] wrongType = types.clone();
        wrongType[7] = 9;
        assertRefused(
                "token_type", wrongType, "tokenizer.ggml.token_type[7] is 9; expected 1 to 6");
        wrongType[7] = 6;
        assertRefused(
                "token_type", wrongType, "tokenizer.ggml.tokens[7] is <unused0>, of the type");
        double[] wrongScore = scores.clone();
        wrongScore[8] = Double.NaN;
        assertRefused("scores", wrongScore, "tokenizer.ggml.scores[8] is NaN");
        String[] tokens = metadata.strings(KEYS + "tokens").toArray(String[]::new);
        tokens[9] = "x".repeat(5_000);
        assertRefused("tokens", List.of(tokens), "tokenizer.ggml.tokens[9] has 5000 characters");
    }

    private void assertRefused(String key, Object value, String expected) {
        String message =
                assertThrows(MalformedFileException.class, () -> with(key, value)).getMessage();
        assertTrue(message.startsWith("tiny.gguf: "), message);
        assertTrue(message.contains(expected), message);
    }
}
