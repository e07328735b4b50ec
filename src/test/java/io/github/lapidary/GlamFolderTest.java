package io.github.lapidary;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lapidary.checkpoint.CheckpointWriter;
import io.github.lapidary.checkpoint.ExpertPlacement;
import io.github.lapidary.checkpoint.WriteOptions;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.generation.GenerationOptions;
import io.github.lapidary.generation.GenerationRequest;
import io.github.lapidary.generation.GenerationResult;
import io.github.lapidary.generation.LogProbabilities;
import io.github.lapidary.generation.ScoreListener;
import io.github.lapidary.generation.ScoreOptions;
import io.github.lapidary.kernel.format.WeightFormat;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From a folder with experts to text, and back to a folder. */
@Timeout(60)
class GlamFolderTest {

    private static final GenerationOptions TOKENS =
            GenerationOptions.builder().maxNewTokens(24).ignoreEos(true).build();

    @TempDir private Path folder;

    private static LoadOptions options(WeightFormat format, ExpertPlacement experts) {
        return LoadOptions.defaults().withFormat(format).withExperts(experts);
    }

    private static int[] generated(LanguageModel model, int[] prompt) {
        GenerationResult result =
                model.generate(List.of(new GenerationRequest(prompt, TOKENS))).get(0);
        return result.ids();
    }

    private Path saved(LanguageModel model, String name, Path source, StoredType type)
            throws Exception {
        Path target = folder.resolve(name);
        CheckpointWriter.write(
                model.block(),
                model.defaults(),
                target,
                WriteOptions.of(type).withTokenizerFolder(source));
        return target;
    }

    @ParameterizedTest
    @CsvSource({
        "glam, FLOAT32, F32, PACKED, IN_FILE",
        "glam_alt, FLOAT32, F32, AUTOMATIC, IN_FILE",
        "glam_alt, BFLOAT16, BF16, AUTOMATIC, PACKED",
        "glam_alt, BFLOAT16, BF16, PACKED, IN_FILE",
        "glam, BFLOAT16, BF16, IN_FILE, PACKED"
    })
    void whatIsSavedReadsBackBitForBit(
            String name,
            WeightFormat format,
            StoredType type,
            ExpertPlacement first,
            ExpertPlacement second)
            throws Exception {
        Path source = Tiny.path(name);
        ExpertPlacement read = first == ExpertPlacement.IN_FILE ? ExpertPlacement.PACKED : first;
        Path once;
        try (LanguageModel model = LanguageModel.load(source, options(format, read))) {
            once = saved(model, "once", source, type);
        }
        try (LanguageModel model = LanguageModel.load(once, options(format, first));
                LanguageModel again = LanguageModel.load(once, options(format, second))) {
            Path twice = saved(model, "twice", once, type);
            Path thrice = saved(again, "thrice", once, type);
            for (String file :
                    List.of("config.json", "generation_config.json", "model.safetensors")) {
                assertEquals(-1, Files.mismatch(once.resolve(file), twice.resolve(file)), file);
                assertEquals(-1, Files.mismatch(once.resolve(file), thrice.resolve(file)), file);
            }
            assertEquals(model.config(), again.config());
        }
    }

    /** Greedy text of the reference, from each layout that a folder can have. */
    @ParameterizedTest
    @CsvSource({"glam", "glam_alt"})
    void writesTheReferencesText(String name) throws Exception {
        try (LanguageModel model =
                        LanguageModel.load(
                                Tiny.path(name),
                                options(WeightFormat.FLOAT32, ExpertPlacement.AUTOMATIC));
                Golden golden = Tiny.golden(name)) {
            Path stacked = saved(model, "stacked", Tiny.path(name), StoredType.F32);
            try (LanguageModel inFile =
                    LanguageModel.load(
                            stacked, options(WeightFormat.FLOAT32, ExpertPlacement.AUTOMATIC))) {
                for (String key : List.of("p0", "p1", "p2")) {
                    int[] prompt = ints(golden.longs(key + ".input_ids"));
                    int[] expected = ints(golden.longs(key + ".greedy"));
                    assertArrayEquals(expected, generated(model, prompt), key);
                    assertArrayEquals(expected, generated(inFile, prompt), key);
                }
            }
        }
    }

    private static int[] ints(long[] longs) {
        int[] ints = new int[longs.length];
        for (int i = 0; i < longs.length; i++) {
            ints[i] = Math.toIntExact(longs[i]);
        }
        return ints;
    }

    @Test
    void textIsWrittenWithTheTokenizer() throws Exception {
        try (LanguageModel model = LanguageModel.load(Tiny.path("glam"))) {
            GenerationResult result = model.generate("some words", TOKENS);
            assertEquals(24, result.ids().length);
            assertFalse(result.text().isEmpty());
        }
    }

    /** The file stays mapped as long as the model uses it, and no longer. */
    @ParameterizedTest
    @CsvSource({"FLOAT32, F32", "BFLOAT16, BF16"})
    @EnabledOnOs(OS.LINUX)
    void expertsAreUsedWhereTheyLie(WeightFormat format, StoredType type) throws Exception {
        Path path;
        try (LanguageModel model =
                LanguageModel.load(
                        Tiny.path("glam_alt"), options(format, ExpertPlacement.AUTOMATIC))) {
            path = saved(model, "model", Tiny.path("glam_alt"), type);
        }
        try (LanguageModel model =
                LanguageModel.load(path, options(format, ExpertPlacement.IN_FILE))) {
            assertEquals(24, generated(model, Tiny.prompt(5)).length);
            assertEquals(1, ProcessMemory.mappings(path).size());
            assertTrue(model.block().parametersByPath().containsKey("layers.1.moe.experts.wi"));
        }
        assertEquals(List.of(), ProcessMemory.mappings(path));
    }

    /** Packed matrices are multiplied with more rows than there are tokens, others are not. */
    @ParameterizedTest
    @CsvSource({"glam", "glam_alt"})
    void packedExpertsAreAsExactAsThoseInTheFile(String name) throws Exception {
        Path stored;
        try (LanguageModel model = LanguageModel.load(Tiny.path(name))) {
            stored = saved(model, "stored", Tiny.path(name), StoredType.BF16);
        }
        int[] ids = new SplittableRandom(1).ints(60, 3, 640).toArray();
        List<Double> exact =
                logProbabilities(stored, WeightFormat.FLOAT32, ExpertPlacement.AUTOMATIC, ids);
        double packed =
                distance(
                        exact,
                        logProbabilities(
                                stored, WeightFormat.BFLOAT16, ExpertPlacement.PACKED, ids));
        double inFile =
                distance(
                        exact,
                        logProbabilities(
                                stored, WeightFormat.BFLOAT16, ExpertPlacement.IN_FILE, ids));
        assertTrue(packed < 1.5 * inFile, () -> packed + " from float32, in the file " + inFile);
    }

    /** Returns the root of the mean square of the differences. */
    private static double distance(List<Double> exact, List<Double> rounded) {
        assertEquals(59, rounded.size());
        double sum = 0;
        for (int i = 0; i < rounded.size(); i++) {
            sum += Math.pow(rounded.get(i) - exact.get(i), 2);
        }
        return Math.sqrt(sum / rounded.size());
    }

    private static List<Double> logProbabilities(
            Path path, WeightFormat format, ExpertPlacement experts, int... ids) throws Exception {
        try (LanguageModel model = LanguageModel.load(path, options(format, experts))) {
            return model.score(ids, ScoreOptions.defaults(), ScoreListener.NONE).tokens().stream()
                    .map(LogProbabilities::chosen)
                    .toList();
        }
    }
}
