package io.github.lapidary.translate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How URLs of models are read. */
class ModelUrlTest {

    @ParameterizedTest
    @CsvSource({
        "lapidary:/a/b, /a/b",
        "lapidary:///a/b, /a/b",
        "lapidary:a/b, a/b",
        "lapidary://a/b, a/b",
        "lapidary:/a/../b, /b",
        "lapidary:/a%20b/c+d, /a b/c+d",
    })
    void pathsMayBeWrittenInSeveralWays(String url, String path) {
        assertEquals(
                new ModelUrl(Path.of(path).toAbsolutePath(), Map.of()),
                ModelUrl.of(URI.create(url)));
    }

    @Test
    void argumentsFollowTheQuestionMark() {
        assertEquals(
                Map.of("dtype", "a=b c", "context", "2048"),
                ModelUrl.of(URI.create("lapidary:m?context=2048&dtype=a=b%20c")).arguments());
    }

    @ParameterizedTest
    @ValueSource(strings = {"lapidary://?a=b", "lapidary:m?dtype", "lapidary:m?x=1"})
    void otherUrlsAreRefused(String url) {
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> ModelUrl.of(URI.create(url)));
        assertEquals(true, e.getMessage().startsWith(url), e::getMessage);
    }
}
