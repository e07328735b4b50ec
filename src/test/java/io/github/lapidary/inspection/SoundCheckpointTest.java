package io.github.lapidary.inspection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lapidary.Golden;
import io.github.lapidary.RealModels;
import io.github.lapidary.Tiny;
import io.github.lapidary.checkpoint.Part;
import io.github.lapidary.config.GlamConfig;
import io.github.lapidary.config.LayerKind;
import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.file.TensorEntry;
import io.github.lapidary.inspection.Finding.Severity;
import io.github.lapidary.inspection.Inspection.NamedToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is said of checkpoints that are as they should be. */
class SoundCheckpointTest {

    private static Stream<Path> sound() throws IOException {
        try (Stream<Path> folders = Files.list(Golden.path("tiny"));
                Stream<Path> files = Files.list(Path.of("src/test/resources/gguf"))) {
            return Stream.concat(
                    folders.filter(SoundCheckpointTest::hasWeights),
                    files.filter(file -> file.toString().matches(".*tiny_.*\\.gguf")))
                    .toList()
                    .stream();
        }
    }

    private static boolean hasWeights(Path folder) {
        return Files.exists(folder.resolve("model.safetensors"))
                || Files.exists(folder.resolve("model.safetensors.index.json"));
    }

    @ParameterizedTest
    @MethodSource("sound")
    void soundCheckpointHasNeitherErrorsNorWarnings(Path path) throws IOException {
        Inspection inspection = Inspection.of(path, InspectionOptions.defaults());

        assertEquals(
                List.of(),
                inspection.findings().stream()
                        .filter(finding -> finding.severity() != Severity.NOTE)
                        .toList());
        assertTrue(inspection.scanned());
    }

    @ParameterizedTest
    @MethodSource("sound")
    void partsAddUpToTheTensors(Path path) throws IOException {
        Inspection inspection = Inspection.of(path, InspectionOptions.defaults().withScan(false));

        long elements =
                inspection.tensors().stream()
                        .filter(tensor -> !tensor.name().matches("(vision|multi).*"))
                        .mapToLong(TensorEntry::elements)
                        .sum();
        assertEquals(elements, inspection.size().orElseThrow().totalParameters());
        Set<Part> parts = EnumSet.of(Part.EMBEDDING, Part.ATTENTION, Part.FEED_FORWARD, Part.NORM);
        ModelConfig config = inspection.config().orElseThrow();
        if (config.layerKinds().contains(LayerKind.RECURRENT)) {
            parts.add(Part.RECURRENCE);
        }
        if (config instanceof GlamConfig) {
            parts.addAll(Set.of(Part.POSITION_BIAS, Part.EXPERTS, Part.EXPERT_GATE));
        }
        assertEquals(parts, inspection.size().orElseThrow().parameters().keySet());
    }

    @Test
    void rowsBeyondTheTokenizerAreNoted() throws IOException {
        Inspection inspection =
                Inspection.of(Tiny.path("gemma3_mqa"), InspectionOptions.defaults());

        assertEquals(
                List.of("The tokenizer has 582 tokens, the embedding 656 rows."),
                inspection.findings().stream().map(Finding::what).toList());
    }

    /** As the released Gemma 3 1B, whose tokenizer has a token for images. */
    @Test
    void controlTokenBeyondTheEmbeddingIsNoted(@TempDir Path folder) throws IOException {
        Tampered checkpoint =
                Tampered.copy("gemma3_mqa", folder.resolve("model"))
                        .json(json -> json.addProperty("vocab_size", 581), "config.json")
                        .tensors(".*embed_tokens.*", tensor -> tensor.firstRows(581));

        Inspection inspection = Inspection.of(checkpoint.folder(), InspectionOptions.defaults());

        assertEquals(
                List.of("The tokenizer has 582 tokens, the embedding 581 rows."),
                inspection.findings().stream().map(Finding::what).toList());
        assertEquals(Severity.NOTE, inspection.findings().get(0).severity());
    }

    @Test
    void templateIsToldOf() throws IOException {
        Inspection own =
                Inspection.of(
                        Tiny.path("gemma3_mqa"), InspectionOptions.defaults().withScan(false));
        assertEquals("tokenizer_config.json", own.chatTemplate().orElseThrow().name());
        assertEquals(
                Optional.of(new NamedToken(13, Optional.of("<end_of_turn>"))),
                own.chatTemplate().orElseThrow().endOfTurn());

        Inspection builtIn =
                Inspection.of(
                        Path.of("src/test/resources/gguf/tiny_gemma1_bf16.gguf"),
                        InspectionOptions.defaults().withScan(false));
        assertEquals("the built-in gemma.jinja", builtIn.chatTemplate().orElseThrow().name());
    }

    @Test
    void progressRunsToTheEnd() throws IOException {
        long[] last = new long[2];
        Inspection inspection =
                Inspection.of(
                        Tiny.path("gemma2"),
                        InspectionOptions.defaults()
                                .withListener(
                                        (done, total) -> {
                                            assertTrue(done >= last[0] && done <= total);
                                            last[0] = done;
                                            last[1] = total;
                                        }));

        assertEquals(inspection.size().orElseThrow().totalParameters(), last[0]);
        assertEquals(inspection.size().orElseThrow().totalParameters(), last[1]);
    }

    @Test
    @Tag("real")
    void realModelIsSound() throws IOException {
        Inspection inspection =
                Inspection.of(
                        RealModels.file("gemma-3-270m-q4_k_m.gguf"), InspectionOptions.defaults());

        assertEquals(List.of(), inspection.findings());
        assertEquals(268_098_176, inspection.size().orElseThrow().totalParameters());
        assertEquals(100_326_016, inspection.size().orElseThrow().nonEmbeddingParameters());
    }
}
