package io.github.lapidary.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.lapidary.Golden;
import io.github.lapidary.config.GenerationDefaults;
import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.config.ModelConfigReader;
import io.github.lapidary.config.ModelConfigWriter;
import io.github.lapidary.config.Presets;
import io.github.lapidary.file.StoredType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ModelSizeTest {

    private static final Map<Part, String> PARTS =
            Map.of(
                    Part.EMBEDDING, "embedding",
                    Part.ATTENTION, "attention",
                    Part.POSITION_BIAS, "relative_bias",
                    Part.FEED_FORWARD, "dense_ffn_glu",
                    Part.EXPERTS, "experts",
                    Part.EXPERT_GATE, "gate",
                    Part.NORM, "norms");

    @TempDir private Path folder;

    private static JsonObject table(String name) throws IOException {
        return JsonParser.parseString(Files.readString(Golden.path("tables/" + name)))
                .getAsJsonObject();
    }

    static Stream<Arguments> paper() throws IOException {
        return table("glam_sizes.json").getAsJsonArray("rows").asList().stream()
                .map(JsonElement::getAsJsonObject)
                .flatMap(
                        row ->
                                Stream.of(256_000, 32_000)
                                        .map(
                                                vocabSize ->
                                                        arguments(
                                                                row.get("name").getAsString(),
                                                                vocabSize,
                                                                row.getAsJsonObject("computed")
                                                                        .getAsJsonObject(
                                                                                "vocab_"
                                                                                        + vocabSize))));
    }

    /** Up to 1.16 trillion parameters, of which no array is made. */
    @ParameterizedTest
    @MethodSource("paper")
    void countsAreThoseOfThePaperOnGlam(String name, int vocabSize, JsonObject expected)
            throws IOException {
        String preset = "glam-" + name.toLowerCase(Locale.ROOT).replace('/', '-');

        ModelSize size = ModelSize.of(withVocabSize(Presets.get(preset), vocabSize));

        Map<Part, Long> parts = new EnumMap<>(Part.class);
        PARTS.forEach(
                (part, key) -> {
                    if (expected.get(key).getAsLong() > 0) {
                        parts.put(part, expected.get(key).getAsLong());
                    }
                });
        assertEquals(parts, size.parameters());
        assertEquals(expected.get("total").getAsLong(), size.totalParameters());
        assertEquals(expected.get("activated").getAsLong(), size.activatedParameters());
        assertEquals(
                size.activatedParameters() - parts.get(Part.NORM) - parts.get(Part.POSITION_BIAS),
                size.multiplied());
    }

    private ModelConfig withVocabSize(ModelConfig config, int vocabSize) throws IOException {
        Map<String, String> texts =
                ModelConfigWriter.texts(config, StoredType.F32, GenerationDefaults.NONE);
        JsonObject json = JsonParser.parseString(texts.get("config.json")).getAsJsonObject();
        json.addProperty("vocab_size", vocabSize);
        return ModelConfigReader.readFile(
                Files.writeString(folder.resolve("config.json"), json.toString()));
    }

    @ParameterizedTest
    @CsvSource({"gemma-2b", "gemma-2-27b", "gemma-3-270m", "recurrentgemma-2b"})
    void aModelWithoutExpertsActivatesAll(String preset) throws IOException {
        ModelSize size = ModelSize.of(Presets.get(preset));

        assertEquals(size.totalParameters(), size.activatedParameters());
        assertEquals(
                table("configs.json").getAsJsonObject(preset).get("parameters_total").getAsLong(),
                size.totalParameters());
    }

    /** By hand: the elements of all matrices, and 4 for each element of a head and key. */
    @Test
    void operationsAreThoseOfMatricesAndKeys() {
        ModelSize glam = ModelSize.of(Presets.get("glam-0.1b-64e"));
        long matrices =
                256_000L * 768
                        + 12 * 4L * 768 * 768
                        + 6 * 3L * 768 * 3072
                        + 6 * (64L * 768 + 2 * 2L * 768 * 3072);
        assertEquals(2 * matrices + 12 * 4L * 768, glam.flops(1));
        assertEquals(2 * matrices + 12 * 4L * 768 * 1000, glam.flops(1000));

        ModelSize gemma = ModelSize.of(Presets.get("gemma-3-270m")); // 3 full layers, 15 of 512
        assertEquals(1024 * 4 * (3 + 15), gemma.flops(101) - gemma.flops(100));
        assertEquals(1024 * 4 * 3, gemma.flops(1001) - gemma.flops(1000));
        assertEquals(2 * (268_098_176L - 55_936) + 1024 * 4 * 18, gemma.flops(1));

        ModelSize recurrent = ModelSize.of(Presets.get("recurrentgemma-2b")); // 8 of 2048
        assertEquals(2560 * 4 * 8, recurrent.flops(101) - recurrent.flops(100));
        assertEquals(recurrent.flops(2048), recurrent.flops(100_000));
    }
}
