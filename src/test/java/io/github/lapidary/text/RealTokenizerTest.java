package io.github.lapidary.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.Gson;
import com.google.gson.annotations.SerializedName;
import io.github.lapidary.file.Gguf;
import io.github.lapidary.file.GgufMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tokenizers of the released models. */
@Tag("real")
class RealTokenizerTest {

    private static final String GEMMA3 = "tokenizer-gemma3";

    /** How the vocabulary in the GGUF file differs from the one in {@code tokenizer.json}. */
    private record Comparison(
            @SerializedName("gguf_tokens") int ggufTokens,
            int different,
            @SerializedName("first_differences") List<List<Object>> firstDifferences) {}

    private static Path real(String name) {
        String folder = System.getenv("LAPIDARY_REAL");
        Path path =
                folder == null
                        ? Path.of(System.getProperty("user.home"), ".cache", "lapidary-real", name)
                        : Path.of(folder, name);
        if (folder == null) {
            assumeTrue(Files.exists(path), "SKIPPED: there is no " + path);
        }
        assertTrue(Files.exists(path), path + " is missing.");
        return path;
    }

    private static GgufMetadata metadata() throws IOException {
        return Gguf.read(real("gemma-3-270m-q4_k_m.gguf")).metadata();
    }

    private static Tokenizer gguf() throws IOException {
        return VocabularyTokenizer.of(metadata(), Path.of("gemma-3-270m-q4_k_m.gguf"));
    }

    @ParameterizedTest
    @CsvSource({
        "tokenizer-gemma2, tokenizer/gemma2_256000.golden.json",
        "tokenizer-gemma3, tokenizer/gemma3_262144.golden.json"
    })
    void tokenizerJsonEqualsTheReference(String folder, String golden) throws IOException {
        try (Tokenizer tokenizer = TokenizerJson.load(real(folder))) {
            for (GoldenText text : GoldenText.read(golden)) {
                text.check(tokenizer);
            }
        }
    }

    @Test
    void ggufEqualsTheReference() throws IOException {
        Tokenizer tokenizer = gguf();
        for (GoldenText text : GoldenText.read("real_gemma-3-270m/tokenizer_golden.json")) {
            // The file has no such token.
            if (!text.text().equals("<image_soft_token>")) {
                text.check(tokenizer);
            }
        }
    }

    @Test
    void ggufSpellsAsTokenizerJsonDoes() throws IOException {
        Comparison comparison =
                new Gson()
                        .fromJson(
                                Files.readString(
                                        GoldenText.GOLDEN.resolve(
                                                "real_gemma-3-270m/vocab_compare.json")),
                                Comparison.class);
        List<String> stored = metadata().strings("tokenizer.ggml.tokens");
        Tokenizer tokenizer = gguf();
        List<List<Object>> differences = new ArrayList<>();
        try (Tokenizer reference = TokenizerJson.load(real(GEMMA3))) {
            assertEquals(comparison.ggufTokens(), tokenizer.size());
            assertEquals(comparison.ggufTokens() + 1, reference.size());
            for (int id = 0; id < tokenizer.size(); id++) {
                String piece = reference.piece(id);
                assertEquals(piece, tokenizer.piece(id));
                assertEquals(reference.isSpecial(id), tokenizer.isSpecial(id), piece);
                if (!piece.equals(stored.get(id))) {
                    differences.add(List.of((double) id, stored.get(id), piece));
                }
            }
        }
        assertEquals(comparison.different(), differences.size());
        int shown = comparison.firstDifferences().size();
        assertEquals(comparison.firstDifferences(), differences.subList(0, shown));
    }

    @Test
    void ggufEncodesAnyTextAsTokenizerJsonDoes() throws IOException {
        assertEncodesAlike(real(GEMMA3), gguf());
    }

    @Test
    void gemma2sVocabularyEncodesAnyTextAsTokenizerJsonDoes() throws IOException {
        Path folder = real("tokenizer-gemma2");
        GgufMetadata converted = TinyTokenizers.metadata(folder);
        assertEncodesAlike(folder, VocabularyTokenizer.of(converted, folder));
    }

    private static void assertEncodesAlike(Path folder, Tokenizer tokenizer) throws IOException {
        RandomText texts = new RandomText(new Random(17), tokenizer);
        StringBuilder all = new StringBuilder();
        try (Tokenizer reference = TokenizerJson.load(folder)) {
            for (int round = 0; round < 5_000; round++) {
                String text = texts.next();
                int[] ids = reference.encode(text, true);
                assertArrayEquals(ids, tokenizer.encode(text, true), () -> text);
                assertEquals(reference.decode(ids, true), tokenizer.decode(ids, true));
                all.append(text);
            }
            int[] ids = reference.encode(all.toString(), true);
            assertArrayEquals(ids, tokenizer.encode(all.toString(), true));
        }
    }
}
