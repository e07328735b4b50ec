package io.github.lapidary.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import io.github.lapidary.Golden;
import io.github.lapidary.Tiny;
import io.github.lapidary.checkpoint.Checkpoint;
import io.github.lapidary.checkpoint.CheckpointLoader;
import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.state.DecodingState;
import io.github.lapidary.training.GradientSum;
import io.github.lapidary.training.NextTokens;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A capacity of experts is for training alone, also if the configuration has it. */
class GlamInferenceTest {

    private static final double LOGITS_TOLERANCE = 1e-4;

    @TempDir private Path folder;
    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private CausalLanguageModel loadWithCapacity(String name, WeightFormat format)
            throws Exception {
        Path copy =
                Tiny.copy(
                        name,
                        folder.resolve(name + "." + format),
                        config -> config.addProperty("capacity_factor", 0.1));
        return CheckpointLoader.load(Checkpoint.open(copy), manager, format, ProgressListener.NONE);
    }

    /** However small the capacity of training: the references without one. */
    @ParameterizedTest
    @CsvSource({"glam", "glam_alt"})
    void inferenceDropsNothing(String name) throws Exception {
        CausalLanguageModel model = loadWithCapacity(name, WeightFormat.FLOAT32);
        ParameterStore store = new ParameterStore(manager, false);
        try (Golden golden = Tiny.golden(name)) {
            NDList prompt = new NDList(golden.array(manager, "p2.input_ids"));
            NDList batch =
                    new NDList(
                            golden.array(manager, "batch_right.input_ids"),
                            golden.array(manager, "batch_right.attention_mask"));
            float[] expected = golden.floats("p2.logits");
            Golden.assertClose(
                    "p2",
                    expected,
                    model.forward(store, prompt, false).head().toFloatArray(),
                    LOGITS_TOLERANCE);
            Golden.assertClose(
                    "batch_right",
                    golden.floats("batch_right.logits"),
                    model.forward(store, batch, false).head().toFloatArray(),
                    LOGITS_TOLERANCE);
            Decoding decoding = new Decoding(model, manager);
            try (DecodingState state = decoding.start()) {
                float[] logits = decoding.feedInChunks(state, golden.longs("p2.input_ids"), 7);
                Golden.assertClose("chunks of p2", expected, logits, LOGITS_TOLERANCE);
            }
            float[] trained = model.forward(store, prompt, true).head().toFloatArray();
            assertTrue(
                    GlamCapacityTest.distance(expected, trained) > 10 * LOGITS_TOLERANCE,
                    "training drops");
        }
    }

    /** What validation measures, in whichever format a model is trained. */
    @ParameterizedTest
    @CsvSource({
        "glam, FLOAT32",
        "glam, MIXED",
        "glam, BFLOAT16",
        "glam_alt, FLOAT32",
        "glam_alt, MIXED",
        "glam_alt, BFLOAT16"
    })
    void validationDropsNothing(String name, TrainingFormat format) throws Exception {
        CausalLanguageModel free = Tiny.load(name, manager, format.weights());
        CausalLanguageModel bound = loadWithCapacity(name, format.weights());
        TrainingOptions options = TrainingOptions.defaults().withFormat(format);
        try (Golden golden = Tiny.golden(name);
                NDManager scope = manager.newSubManager()) {
            NDArray ids = golden.array(scope, "batch_right.input_ids");
            NDArray mask = golden.array(scope, "batch_right.attention_mask");
            NDArray labels = NextTokens.labels(ids, mask);
            NDList data = new NDList(ids, mask);
            free.setTraining(options);
            bound.setTraining(options);
            assertEquals(free.loss(data, labels), bound.loss(data, labels));
            double trained = trainingLoss(bound, data, labels).mean();
            assertTrue(Math.abs(free.loss(data, labels).mean() - trained) > 1e-3);
        }
    }

    private static TokenLoss trainingLoss(CausalLanguageModel model, NDList data, NDArray labels) {
        try (GradientSum sum = new GradientSum(model)) {
            return sum.add(data, labels);
        }
    }
}
