package io.github.lapidary.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.lapidary.file.MalformedFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GenerationDefaultsReaderTest {

    @Test
    void endTokensBeyondTheVocabularyAreBlamedOnTheirFile(@TempDir Path folder) throws IOException {
        Files.copy(Fixtures.tiny("gemma2").resolve("config.json"), folder.resolve("config.json"));
        Path file = folder.resolve("generation_config.json");
        Files.writeString(file, "{\"eos_token_id\": [1, 99999]}");
        assertEquals(
                file
                        + ": eos_token_id: expected ids below vocab_size, which is 640, found [1,"
                        + " 99999].",
                assertThrows(MalformedFileException.class, () -> ModelConfigReader.read(folder))
                        .getMessage());
    }

    @TempDir Path folder;

    @Test
    void readsWhatGemma3States() throws IOException {
        GenerationDefaults expected =
                new GenerationDefaults(
                        List.of(1, 13),
                        Optional.of(true),
                        OptionalDouble.empty(),
                        OptionalInt.of(64),
                        OptionalDouble.of(0.95),
                        OptionalDouble.empty(),
                        OptionalDouble.empty(),
                        OptionalInt.empty());
        assertEquals(expected, GenerationDefaultsReader.read(Fixtures.tiny("gemma3_mqa")));
    }

    @Test
    void nothingIsStatedWithoutAFile() throws IOException {
        assertEquals(GenerationDefaults.NONE, GenerationDefaultsReader.read(folder));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{\"temperature\": -1}; temperature: expected a finite number, 0 or more, found"
                        + " -1.0.",
                "{\"top_k\": 0.5}; top_k: expected an integer of 32 bits, found 0.5.",
                "{\"top_k\": -1}; topK: expected 0 or more, found -1.",
                "{\"top_p\": 0}; topP: expected above 0 to 1, found 0.0.",
                "{\"min_p\": 1.5}; minP: expected 0 to 1, found 1.5.",
                "{\"repetition_penalty\": 0}; repetitionPenalty: expected a finite number greater"
                        + " than 0, found 0.0.",
                "{\"max_new_tokens\": 0}; maxNewTokens: expected 1 or more, found 0.",
                "{\"do_sample\": 1}; do_sample: expected true or false, found 1.",
                "{\"eos_token_id\": -1}; eosTokenIds: expected no negative id, found -1."
            })
    void namesWhatIsOutOfRange(String json, String message) throws IOException {
        Path file = folder.resolve("generation_config.json");
        Files.writeString(file, json);
        MalformedFileException e =
                assertThrows(
                        MalformedFileException.class, () -> GenerationDefaultsReader.read(folder));
        assertEquals(file + ": " + message, e.getMessage());
    }

    @Test
    void refusesAFileThatIsFarTooLarge() throws IOException {
        Path file = folder.resolve("generation_config.json");
        Files.writeString(file, "{\"a\": \"" + "x".repeat(1 << 20) + "\"}");
        MalformedFileException e =
                assertThrows(
                        MalformedFileException.class, () -> GenerationDefaultsReader.read(folder));
        assertEquals(file + ": expected at most 1048576 bytes, found more.", e.getMessage());
    }
}
