package io.github.lapidary.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerJsonTest {

    private static final Path TINY = GoldenText.GOLDEN.resolve("tiny");

    @ParameterizedTest
    @ValueSource(strings = {"gemma1_mha", "gemma3_mqa"})
    void equalsTheReference(String name) throws IOException {
        List<GoldenText> golden = GoldenText.read("tiny/" + name + "/golden_tokenizer.json");
        try (Tokenizer tokenizer = TokenizerJson.load(TINY.resolve(name))) {
            assertEquals(127, golden.size());
            for (GoldenText expected : golden) {
                expected.check(tokenizer);
            }
        }
    }
}
