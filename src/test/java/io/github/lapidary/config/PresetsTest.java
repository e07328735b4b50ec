package io.github.lapidary.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
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
    void haveTheSizesOfThePaperOnGlam() {
        for (JsonElement element :
                Fixtures.json(Fixtures.GOLDEN.resolve("tables/glam_sizes.json"))
                        .getAsJsonArray("rows")) {
            JsonObject row = element.getAsJsonObject();
            String name = row.get("name").getAsString().toLowerCase(Locale.ROOT).replace('/', '-');
            GlamConfig config = (GlamConfig) Presets.get("glam-" + name);
            assertEquals(
                    List.of("layers", "M", "H", "heads", "head_dim", "experts").stream()
                            .map(key -> row.get(key).getAsInt())
                            .toList(),
                    List.of(
                            config.numHiddenLayers(),
                            config.hiddenSize(),
                            config.intermediateSize(),
                            config.numAttentionHeads(),
                            config.headDim(),
                            config.numExperts()),
                    name);
            assertEquals(config.intermediateSize(), config.moeIntermediateSize());
        }
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
                        "recurrentgemma-9b",
                        "glam-0.1b",
                        "glam-0.1b-64e",
                        "glam-1.7b",
                        "glam-1.7b-32e",
                        "glam-1.7b-64e",
                        "glam-1.7b-128e",
                        "glam-1.7b-256e",
                        "glam-8b",
                        "glam-8b-64e",
                        "glam-137b",
                        "glam-64b-64e"),
                List.copyOf(Presets.names()));
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> Presets.get("gemma-4"));
        assertEquals(
                "There is no preset \"gemma-4\"; there are " + Presets.names() + ".",
                e.getMessage());
    }
}
