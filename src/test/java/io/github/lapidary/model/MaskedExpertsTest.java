package io.github.lapidary.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import io.github.lapidary.Golden;
import io.github.lapidary.Tiny;
import io.github.lapidary.checkpoint.Checkpoint;
import io.github.lapidary.checkpoint.CheckpointLoader;
import io.github.lapidary.config.GlamConfig;
import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.nn.ExpertFeedForward;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The blocks of experts used alone on padded batches, as in a model of the user's own. */
class MaskedExpertsTest {

    private static final double TOLERANCE = 1e-6;

    @TempDir private Path folder;

    @ParameterizedTest
    @CsvSource({"glam, 1", "glam, 2", "glam_alt, 1", "glam_alt, 2"})
    void theyAreTheReferences(String name, double factor) throws Exception {
        Path changed =
                Tiny.copy(
                        name,
                        folder.resolve(name),
                        config -> config.addProperty("capacity_factor", factor));
        try (NDManager manager = NDManager.newBaseManager();
                Golden golden = Tiny.golden(name)) {
            CausalLanguageModel model =
                    CheckpointLoader.load(
                            Checkpoint.open(changed),
                            manager,
                            WeightFormat.FLOAT32,
                            ProgressListener.NONE);
            GlamConfig config = (GlamConfig) model.config();
            ParameterStore store = new ParameterStore(manager, false);
            NDArray mask = golden.array(manager, "cap.attention_mask");
            for (int layer : GlamGoldenTest.sparseLayers(model)) {
                String key = "cap_row_%s.moe.%d".formatted(factor, layer);
                ExpertFeedForward block = (ExpertFeedForward) model.at("layers." + layer + ".moe");
                NDList inputs = new NDList(golden.array(manager, key + ".input"), mask);
                float[] output = block.forward(store, inputs, true).head().toFloatArray();
                Golden.assertClose(key, golden.floats(key + ".output"), output, 1e-5);
                float[] weights = block.gate().forward(store, inputs, true).head().toFloatArray();
                Golden.assertClose(key, weights(golden, key, config), weights, TOLERANCE);
                float loss = golden.floats(key + ".aux_loss")[0];
                double own = block.gate().loss(store, inputs).getFloat() / config.auxLossCoef();
                assertEquals(loss, own, TOLERANCE * Math.max(1, loss));
            }
        }
    }

    /** Returns the weights of all experts, which are 0 for padding. */
    private static float[] weights(Golden golden, String key, GlamConfig config) throws Exception {
        int experts = config.numExperts();
        float[] first = golden.floats(key + ".gate_1");
        float[] second = golden.floats(key + ".gate_2");
        float[] weights = new float[first.length * experts];
        for (int i = 0; i < first.length; i++) {
            weights[i * experts + (int) golden.longs(key + ".index_1")[i]] = first[i];
            weights[i * experts + (int) golden.longs(key + ".index_2")[i]] = second[i];
        }
        return weights;
    }
}
