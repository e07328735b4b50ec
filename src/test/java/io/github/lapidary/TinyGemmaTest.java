package io.github.lapidary;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lapidary.generation.GenerationOptions;
import io.github.lapidary.generation.LogProbabilities;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The model that comes with Lapidary, on the beginning of the novel that it was not trained on. */
class TinyGemmaTest {

    private static final Path MODEL = Path.of("models/tiny-gemma");
    private static final Path TEXT = Path.of("src/test/resources/tiny-gemma/northanger_abbey.txt");
    private static final long LARGEST = 10_000_000;

    @Test
    void foretellsAnUnseenNovel() throws Exception {
        String text = Files.readString(TEXT);
        try (LanguageModel model = LanguageModel.load(MODEL)) {
            double nats =
                    model.score(text).tokens().stream().mapToDouble(LogProbabilities::chosen).sum();
            double bitsPerByte = -nats / Math.log(2) / text.getBytes(UTF_8).length;
            assertTrue(bitsPerByte < 2, "bits per byte: " + bitsPerByte);
        }
    }

    @Test
    void writesWords() throws Exception {
        GenerationOptions options =
                GenerationOptions.builder().maxNewTokens(60).temperature(0.8).seed(1).build();
        try (LanguageModel model = LanguageModel.load(MODEL)) {
            String text = model.generate("It was a fine morning", options).text();
            List<String> words = Stream.of(text.split("[^A-Za-z]+")).distinct().toList();
            assertTrue(words.size() > 15, text);
            assertEquals(text, model.generate("It was a fine morning", options).text());
        }
    }

    @Test
    void isSmall() throws Exception {
        long size = Files.size(MODEL.resolve("model.safetensors"));
        assertTrue(size <= LARGEST, "bytes: " + size);
    }
}
