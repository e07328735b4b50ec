package io.github.lapidary.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.lapidary.config.GemmaConfig.Version;
import io.github.lapidary.config.GlamConfig.ExpertActivation;
import io.github.lapidary.config.GlamConfig.SecondExpertPolicy;
import io.github.lapidary.file.StoredType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ModelConfigWriterTest {

    private static final GenerationDefaults SAMPLING =
            new GenerationDefaults(
                    List.of(1, 13),
                    Optional.of(true),
                    OptionalDouble.of(0.7),
                    OptionalInt.of(64),
                    OptionalDouble.of(0.95),
                    OptionalDouble.of(0.01),
                    OptionalDouble.of(1.1),
                    OptionalInt.of(128));

    @TempDir Path folder;

    static Stream<ModelConfig> presets() {
        return Presets.names().stream().map(Presets::get);
    }

    @ParameterizedTest
    @MethodSource("presets")
    void presetsReadBackEqual(ModelConfig config) throws IOException {
        ModelConfigWriter.write(config, StoredType.BF16, GenerationDefaults.NONE, folder);
        assertEquals(config, ModelConfigReader.read(folder));
    }

    @Test
    void whatTheReleasedStyleCannotSayReadsBackEqual() throws IOException {
        GemmaConfig config = unusual();
        ModelConfigWriter.write(config, StoredType.F32, SAMPLING, folder);
        assertEquals(config, ModelConfigReader.read(folder));
        assertEquals(SAMPLING, GenerationDefaultsReader.read(folder));
    }

    @Test
    void writesTheKeysOfARelease() throws IOException {
        ModelConfigWriter.write(
                Presets.get("gemma-3-4b"), StoredType.BF16, GenerationDefaults.NONE, folder);

        JsonObject written =
                JsonParser.parseString(Files.readString(folder.resolve("config.json")))
                        .getAsJsonObject();
        JsonObject released = Fixtures.releasedJson("gemma-3-4b (text_config)");

        // Keys of training, and those that this library adds, as newer releases have them.
        Set<String> unread = Set.of("attention_dropout", "initializer_range", "use_cache");
        unread.forEach(released::remove);
        written.remove("layer_types");
        written.remove("tie_word_embeddings");
        assertEquals(released, written);
    }

    @Test
    void writesTheKeysOfAReleaseOfRecurrentGemma() throws IOException {
        ModelConfigWriter.write(
                Presets.get("recurrentgemma-2b"), StoredType.BF16, GenerationDefaults.NONE, folder);

        JsonObject written =
                JsonParser.parseString(Files.readString(folder.resolve("config.json")))
                        .getAsJsonObject();
        JsonObject released = Fixtures.releasedJson("recurrentgemma-2b");

        Set<String> unread = Set.of("attention_dropout", "w_init_variance_scale");
        unread.forEach(released::remove);
        written.remove("block_types"); // as transformers 5 has it
        written.remove("tie_word_embeddings");
        assertEquals(released, written);
    }

    /** No short pattern, no common widths, and the key that is the library's own. */
    @Test
    void anUnusualRecurrentGemmaReadsBackEqual() throws IOException {
        RecurrentGemmaConfig config =
                new RecurrentGemmaConfig(
                        640,
                        64,
                        190,
                        4,
                        2,
                        16,
                        List.of(
                                LayerKind.SLIDING_ATTENTION,
                                LayerKind.RECURRENT,
                                LayerKind.RECURRENT,
                                LayerKind.RECURRENT),
                        20,
                        1,
                        5,
                        true,
                        1e-5,
                        12.5,
                        new RotaryConfig(5000, 1, 0.25),
                        new SpecialTokens(3, List.of(1, 13), 4));
        ModelConfigWriter.write(config, StoredType.F32, SAMPLING, folder);
        assertEquals(config, ModelConfigReader.read(folder));
    }

    /** Each choice other than the reference's. */
    @Test
    void anUnusualGlamReadsBackEqual() throws IOException {
        GlamConfig config =
                new GlamConfig(
                        640,
                        64,
                        190,
                        33,
                        5,
                        4,
                        16,
                        7,
                        3,
                        2,
                        ExpertActivation.SILU,
                        true,
                        1e-5,
                        0.25,
                        OptionalDouble.empty(),
                        9,
                        20,
                        true,
                        false,
                        100,
                        OptionalDouble.of(1.25),
                        SecondExpertPolicy.RANDOM,
                        0.8,
                        false,
                        0.02,
                        0,
                        0.001,
                        0.125,
                        new SpecialTokens(3, List.of(1, 13), 4));
        ModelConfigWriter.write(config, StoredType.F32, SAMPLING, folder);
        assertEquals(config, ModelConfigReader.read(folder));
    }

    @Test
    void writesTheKeysOfGlam() throws IOException {
        ModelConfigWriter.write(
                ModelConfigReader.read(Fixtures.tiny("glam")),
                StoredType.F32,
                GenerationDefaults.NONE,
                folder);

        JsonObject written =
                JsonParser.parseString(Files.readString(folder.resolve("config.json")))
                        .getAsJsonObject();
        JsonObject reference = Fixtures.tinyJson("glam");
        reference.remove("use_cache");
        assertEquals(reference, written);
    }

    @Test
    void replacesWhatIsThereAndLeavesNothingElse() throws IOException {
        Files.writeString(folder.resolve("config.json"), "old");
        ModelConfigWriter.write(
                Presets.get("gemma-2b"), StoredType.F32, GenerationDefaults.NONE, folder);
        ModelConfigWriter.write(
                Presets.get("gemma-7b"), StoredType.F32, GenerationDefaults.NONE, folder);
        assertEquals(Presets.get("gemma-7b"), ModelConfigReader.read(folder));
        assertEquals(Set.of("config.json", "generation_config.json"), names());
    }

    @Test
    void leavesNothingHalfWritten() throws IOException {
        // A folder that is not empty cannot be replaced by a file.
        Files.createDirectories(folder.resolve("config.json").resolve("child"));
        assertThrows(
                IOException.class,
                () ->
                        ModelConfigWriter.write(
                                Presets.get("gemma-2b"),
                                StoredType.F32,
                                GenerationDefaults.NONE,
                                folder));
        assertEquals(Set.of("config.json"), names());
    }

    @Test
    void refusesTypesThatTransformersDoesNotName() {
        IllegalArgumentException e =
                assertThrows(
                        IllegalArgumentException.class,
                        () ->
                                ModelConfigWriter.write(
                                        Presets.get("gemma-2b"),
                                        StoredType.Q4_K,
                                        GenerationDefaults.NONE,
                                        folder));
        assertEquals("storedType: expected F32, F16 or BF16, found Q4_K.", e.getMessage());
    }

    @Test
    void refusesDefaultsThatEndATextOtherwise() {
        assertThrows(
                IllegalArgumentException.class,
                () ->
                        ModelConfigWriter.write(
                                Presets.get("gemma-2b"), StoredType.F32, SAMPLING, folder));
    }

    private Set<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).collect(Collectors.toSet());
        }
    }

    /** No repeating layer plan, scaled sliding layers, no whole query scale. */
    private static GemmaConfig unusual() {
        return new GemmaConfig(
                Version.GEMMA3,
                640,
                64,
                128,
                4,
                2,
                16,
                List.of(
                        LayerKind.FULL_ATTENTION,
                        LayerKind.SLIDING_ATTENTION,
                        LayerKind.SLIDING_ATTENTION),
                OptionalInt.of(5),
                20.5,
                1e-5,
                100,
                OptionalDouble.of(12.5),
                OptionalDouble.of(7),
                new RotaryConfig(1_000_000, 8),
                new RotaryConfig(10_000, 2),
                new SpecialTokens(2, List.of(1, 13), 0));
    }
}
