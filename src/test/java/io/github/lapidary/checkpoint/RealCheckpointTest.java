package io.github.lapidary.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.Golden;
import io.github.lapidary.JavaProcess;
import io.github.lapidary.RealModels;
import io.github.lapidary.config.GenerationDefaults;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.nn.Step;
import io.github.lapidary.state.DecodingState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The released Gemma 3 270M in the format Q4_K_M, against transformers with the same weights
 * widened to float32.
 */
@Tag("real")
class RealCheckpointTest {

    private static final String FILE = "gemma-3-270m-q4_k_m.gguf";
    private static final String GOLDEN = "real_gemma-3-270m/golden.safetensors";
    private static final double LOGIT_TOLERANCE = 2e-3;
    private static final double MEAN_TOLERANCE = 1e-4;

    /** How much bfloat16 may change the perplexity. */
    private static final double RELATIVE_PERPLEXITY_TOLERANCE = 0.005;

    /** Below this the two likeliest tokens may change places. */
    private static final double SAFE_MARGIN = 0.01;

    /** Logits of one row take a megabyte. */
    private static final int ROWS = 16;

    /** What loading may take besides the weights. */
    private static final long SPARE_BYTES = 350_000_000;

    @TempDir private static Path folder;

    @Test
    void float32GivesTheNumbersOfTheReference() throws Exception {
        try (LoadedModel loaded = LoadedModel.load(RealModels.file(FILE), WeightFormat.FLOAT32)) {
            checkNumbers(loaded, "f32dequant.");
        }
    }

    @Test
    void bfloat16HardlyChangesThePerplexity() throws Exception {
        try (LoadedModel loaded = LoadedModel.load(RealModels.file(FILE), WeightFormat.BFLOAT16);
                Golden golden = new Golden(Golden.path(GOLDEN))) {
            double expected = Math.exp(mean(golden.floats("f32dequant.ppl.nll")));
            double found = Math.exp(meanLoss(loaded, golden.longs("f32dequant.ppl.input_ids")));
            assertEquals(expected, found, expected * RELATIVE_PERPLEXITY_TOLERANCE);
        }
    }

    /** Written as a folder of several files, the weights are those rounded to bfloat16. */
    @Test
    void bfloat16FolderGivesTheNumbersOfTheReference() throws Exception {
        try (LoadedModel loaded = LoadedModel.load(bfloat16Folder(), WeightFormat.FLOAT32)) {
            checkNumbers(loaded, "bf16.");
        }
    }

    private static void checkNumbers(LoadedModel loaded, String kind) throws IOException {
        try (Golden golden = new Golden(Golden.path(GOLDEN))) {
            for (String prompt : List.of("p0", "p1", "p2")) {
                checkPrompt(loaded, golden, kind + prompt);
            }
            assertEquals(
                    mean(golden.floats(kind + "ppl.nll")),
                    meanLoss(loaded, golden.longs(kind + "ppl.input_ids")),
                    MEAN_TOLERANCE);
        }
    }

    private static Path bfloat16Folder() throws Exception {
        Path written = folder.resolve("bfloat16");
        if (!Files.exists(written)) {
            try (LoadedModel loaded =
                    LoadedModel.load(RealModels.file(FILE), WeightFormat.FLOAT32)) {
                CheckpointWriter.write(
                        loaded.model(),
                        GenerationDefaults.NONE,
                        written,
                        WriteOptions.of(StoredType.BF16).withMaxShardBytes(100_000_000));
            }
        }
        return written;
    }

    @ParameterizedTest
    @CsvSource({"GGUF, FLOAT32", "GGUF, BFLOAT16", "folder, FLOAT32", "folder, BFLOAT16"})
    @EnabledOnOs(OS.LINUX)
    void loadingTakesLittleMoreThanTheWeights(String container, WeightFormat format)
            throws Exception {
        Path path = container.equals("GGUF") ? RealModels.file(FILE) : bfloat16Folder();
        Path numbers = folder.resolve("numbers");
        JavaProcess.run(
                folder, LoadingRun.class, path.toString(), format.name(), numbers.toString());
        long[] bytes = Files.readAllLines(numbers).stream().mapToLong(Long::parseLong).toArray();
        assertTrue(
                bytes[1] - bytes[0] < bytes[2] + SPARE_BYTES,
                "%d bytes before, %d while loading, for %d of weights"
                        .formatted(bytes[0], bytes[1], bytes[2]));
    }

    private static void checkPrompt(LoadedModel loaded, Golden golden, String name)
            throws IOException {
        long[] ids = golden.longs(name + ".input_ids");
        CausalLanguageModel model = loaded.model();
        try (NDManager manager = loaded.manager().newSubManager();
                DecodingState state = model.newState(manager)) {
            NDArray hidden = forward(model, state, manager, ids);
            Shape shape = golden.shape(name + ".top50_ids");
            int rows = (int) shape.get(0);
            int count = (int) shape.get(1);
            float[] logits =
                    model.logits(hidden, LongStream.range(0, rows).toArray()).toFloatArray();
            int vocabulary = logits.length / rows;
            long[] top = golden.longs(name + ".top50_ids");
            float[] found = new float[rows * count];
            float[] sums = new float[rows];
            for (int row = 0; row < rows; row++) {
                for (int i = row * count; i < (row + 1) * count; i++) {
                    found[i] = logits[row * vocabulary + (int) top[i]];
                }
                sums[row] = logSumExp(logits, row * vocabulary, (row + 1) * vocabulary);
            }
            assertClose(golden, name + ".top50_logits", found);
            assertClose(golden, name + ".logsumexp", sums);
            NDArray last = model.logits(hidden, ids.length - 1);
            float[] first4096 = Arrays.copyOf(last.toFloatArray(), 4096);
            assertClose(golden, name + ".last_logits_first4096", first4096);
            checkGreedy(model, state, model.select(hidden, ids.length - 1), golden, name);
        }
    }

    private static void assertClose(Golden golden, String name, float[] found) throws IOException {
        Golden.assertClose(name, golden.floats(name), found, LOGIT_TOLERANCE);
    }

    private static void checkGreedy(
            CausalLanguageModel model,
            DecodingState state,
            NDArray prompt,
            Golden golden,
            String name)
            throws IOException {
        long[] expected = golden.longs(name + ".greedy");
        float[] margins = golden.floats(name + ".greedy_margin");
        int token = model.shortlists(prompt, 1).get(0).likeliest();
        for (int i = 0; i < expected.length && margins[i] >= SAFE_MARGIN; i++) {
            assertEquals(expected[i], token, name + " token " + i);
            try (NDManager manager = prompt.getManager().newSubManager()) {
                NDArray hidden = forward(model, state, manager, token);
                token = model.shortlists(hidden, 1).get(0).likeliest();
            }
        }
    }

    /** Returns the mean of what each token but the first costs, read in chunks. */
    private static double meanLoss(LoadedModel loaded, long[] ids) {
        CausalLanguageModel model = loaded.model();
        double sum = 0;
        try (DecodingState state = model.newState(loaded.manager())) {
            for (int first = 0; first < ids.length; first += model.chunk()) {
                int last = Math.min(ids.length, first + model.chunk());
                try (NDManager manager = loaded.manager().newSubManager()) {
                    NDArray hidden =
                            forward(model, state, manager, Arrays.copyOfRange(ids, first, last));
                    for (int row = first; row < Math.min(last, ids.length - 1); row += ROWS) {
                        int end = Math.min(row + ROWS, Math.min(last, ids.length - 1));
                        sum +=
                                loss(
                                        model,
                                        hidden,
                                        row - first,
                                        end - first,
                                        Arrays.copyOfRange(ids, row + 1, end + 1));
                    }
                }
            }
        }
        return sum / (ids.length - 1);
    }

    private static double loss(
            CausalLanguageModel model, NDArray hidden, int first, int last, long[] targets) {
        try (NDManager manager = hidden.getManager().newSubManager();
                NDArray logits = model.logits(hidden, LongStream.range(first, last).toArray())) {
            logits.attach(manager);
            NDArray index = manager.create(targets).reshape(-1, 1);
            float[] likelihoods = logits.logSoftmax(1).gather(index, 1).toFloatArray();
            double sum = 0;
            for (float likelihood : likelihoods) {
                sum -= likelihood;
            }
            return sum;
        }
    }

    private static NDArray forward(
            CausalLanguageModel model, DecodingState state, NDManager manager, long... ids) {
        try (Step step = Step.of(manager, List.of(state), new int[] {ids.length})) {
            return model.forward(step, manager.create(ids), () -> {});
        }
    }

    private static float logSumExp(float[] numbers, int first, int last) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int i = first; i < last; i++) {
            largest = Math.max(largest, numbers[i]);
        }
        double sum = 0;
        for (int i = first; i < last; i++) {
            sum += Math.exp(numbers[i] - largest);
        }
        return (float) (largest + Math.log(sum));
    }

    private static double mean(float[] numbers) {
        double sum = 0;
        for (float number : numbers) {
            sum += number;
        }
        return sum / numbers.length;
    }
}
