package io.github.lapidary.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What every tokenizer promises. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TokenizerTest {

    private final List<Arguments> tokenizers = new ArrayList<>();

    @BeforeAll
    void load() throws IOException {
        for (String name : TinyTokenizers.NAMES) {
            List<GoldenText> golden = TinyTokenizers.golden(name);
            Tokenizer json = TokenizerJson.load(TinyTokenizers.folder(name));
            Tokenizer gguf =
                    VocabularyTokenizer.of(TinyTokenizers.metadata(name), Path.of("tiny.gguf"));
            tokenizers.add(Arguments.of(name + " json", json, golden));
            tokenizers.add(
                    Arguments.of(
                            name + " gguf",
                            gguf,
                            // This token lies outside the model's vocabulary, and outside of GGUF.
                            golden.stream()
                                    .filter(g -> !g.tokens().contains("<image_soft_token>"))
                                    .toList()));
        }
    }

    @AfterAll
    void close() {
        tokenizers.forEach(arguments -> ((Tokenizer) arguments.get()[1]).close());
    }

    List<Arguments> tokenizers() {
        return tokenizers;
    }

    @ParameterizedTest(name = "{0}", autoCloseArguments = false)
    @MethodSource("tokenizers")
    void equalsTheReference(String name, Tokenizer tokenizer, List<GoldenText> golden) {
        assertTrue(golden.size() >= 126, name);
        golden.forEach(text -> text.check(tokenizer));
    }

    @ParameterizedTest(name = "{0}", autoCloseArguments = false)
    @MethodSource("tokenizers")
    void putsOneBosInFront(String name, Tokenizer tokenizer, List<GoldenText> golden) {
        assertArrayEquals(new int[] {2}, tokenizer.encode("", true));
        assertArrayEquals(new int[] {2}, tokenizer.encode("<bos>", true));
        assertArrayEquals(tokenizer.encode("<bos>a", false), tokenizer.encode("a", true));
        assertEquals(2, tokenizer.bosId());
    }

    @ParameterizedTest(name = "{0}", autoCloseArguments = false)
    @MethodSource("tokenizers")
    void streamsWhatItDecodes(String name, Tokenizer tokenizer, List<GoldenText> golden) {
        for (GoldenText text : golden) {
            assertEquals(text.decoded(), stream(tokenizer, text.idArray(), false));
            assertEquals(text.decodedSkipSpecial(), stream(tokenizer, text.idArray(), true));
        }
    }

    private static String stream(Tokenizer tokenizer, int[] ids, boolean skipSpecial) {
        StreamingDecoder decoder = tokenizer.streamingDecoder(skipSpecial);
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            String part = decoder.add(id);
            assertFalse(!part.isEmpty() && Character.isLowSurrogate(part.charAt(0)), part);
            text.append(part);
        }
        return text.append(decoder.finish()).toString();
    }

    @ParameterizedTest(name = "{0}", autoCloseArguments = false)
    @MethodSource("tokenizers")
    void refusesUnknownIds(String name, Tokenizer tokenizer, List<GoldenText> golden) {
        int size = tokenizer.size();
        for (int id : new int[] {-1, size, Integer.MAX_VALUE}) {
            String expected = "The token id " + id + " is not in the vocabulary of " + size + ".";
            assertMessage(expected, () -> tokenizer.piece(id));
            assertMessage(expected, () -> tokenizer.isSpecial(id));
            assertMessage(expected, () -> tokenizer.decode(new int[] {5, id}, true));
            assertMessage(expected, () -> tokenizer.streamingDecoder(false).add(id));
        }
    }

    private static void assertMessage(String expected, Runnable call) {
        assertEquals(
                expected, assertThrows(IllegalArgumentException.class, call::run).getMessage());
    }

    @ParameterizedTest(name = "{0}", autoCloseArguments = false)
    @MethodSource("tokenizers")
    void findsTheIdOfEveryPiece(String name, Tokenizer tokenizer, List<GoldenText> golden) {
        for (int id = 0; id < tokenizer.size(); id++) {
            assertEquals(OptionalInt.of(id), tokenizer.id(tokenizer.piece(id)));
        }
        assertEquals(OptionalInt.empty(), tokenizer.id("no such token"));
        assertEquals(OptionalInt.empty(), tokenizer.id(""));
    }

    @ParameterizedTest(name = "{0}", autoCloseArguments = false)
    @MethodSource("tokenizers")
    void replacesLoneSurrogates(String name, Tokenizer tokenizer, List<GoldenText> golden) {
        String smile = "🙂";
        char high = smile.charAt(0);
        char low = smile.charAt(1);
        String broken = low + smile + high + "a" + high;
        assertArrayEquals(
                tokenizer.encode("\uFFFD" + smile + "\uFFFDa\uFFFD", false),
                tokenizer.encode(broken, false));
    }

    @ParameterizedTest(name = "{0}", autoCloseArguments = false)
    @MethodSource("tokenizers")
    void worksInSeveralThreads(String name, Tokenizer tokenizer, List<GoldenText> golden)
            throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                int offset = new Random(i).nextInt(golden.size());
                all.add(
                        threads.submit(
                                () ->
                                        golden.subList(offset, golden.size())
                                                .forEach(text -> text.check(tokenizer))));
            }
            for (Future<?> one : all) {
                one.get();
            }
        } finally {
            threads.shutdown();
        }
    }
}
