package io.github.lapidary.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PresetsTest {

    @ParameterizedTest
    @CsvSource({
        "gemma-2b, gemma-2b",
        "gemma-7b, gemma-7b",
        "codegemma-2b, codegemma-2b",
        "codegemma-7b, codegemma-7b",
        "gemma-2-2b, gemma-2-2b",
        "gemma-2-9b, gemma-2-9b",
        "gemma-2-27b, gemma-2-27b",
        "gemma-3-270m, gemma-3-270m",
        "gemma-3-1b, gemma-3-1b",
        "gemma-3-4b, gemma-3-4b (text_config)",
        "gemma-3-12b, gemma-3-12b (text_config)",
        "gemma-3-27b, gemma-3-27b (text_config)",
        "recurrentgemma-2b, recurrentgemma-2b",
        "recurrentgemma-9b, recurrentgemma-9b"
    })
    void areTheReleasedConfigs(String preset, String released) throws IOException {
        assertEquals(Fixtures.parse(Fixtures.releasedJson(released)), Presets.get(preset));
    }

    @Test
    void equalARealConfig() throws IOException {
        assertEquals(
                ModelConfigReader.read(Fixtures.GOLDEN.resolve("real_gemma-3-270m")),
                Presets.get("gemma-3-270m"));
    }

    @Test
    void listTheirNamesWhenOneIsUnknown() {
        assertEquals(
                List.of(
                        "gemma-2b",
                        "gemma-7b",
                        "codegemma-2b",
                        "codegemma-7b",
                        "gemma-2-2b",
                        "gemma-2-9b",
                        "gemma-2-27b",
                        "gemma-3-270m",
                        "gemma-3-1b",
                        "gemma-3-4b",
                        "gemma-3-12b",
                        "gemma-3-27b",
                        "recurrentgemma-2b",
                        "recurrentgemma-9b"),
                List.copyOf(Presets.names()));
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> Presets.get("gemma-4"));
        assertEquals(
                "There is no preset \"gemma-4\"; there are " + Presets.names() + ".",
                e.getMessage());
    }
}
