package io.github.lapidary.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.tracker.Tracker;
import io.github.lapidary.Golden;
import io.github.lapidary.Tiny;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.model.TrainingOptions;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Twenty steps of transformers and PyTorch's AdamW. */
class FullTrainingTest {

    private static final int STEPS = 20;
    private static final double TOLERANCE = 1e-4;

    private static AdamW optimizer(CausalLanguageModel model, float[] rates) {
        Tracker rate = update -> rates[Math.min(update, STEPS) - 1];
        return AdamW.builder(model.parametersByPath())
                .optLearningRateTracker(rate)
                .optBetas(0.9, 0.95)
                .optWeightDecays(0.1f)
                .optDecayed((path, parameter) -> parameter.getShape().dimension() > 1)
                .optClipNorm(1)
                .build();
    }

    private static NDArray step(NDManager manager, Golden golden, String name, int step)
            throws Exception {
        try (NDArray all = golden.array(manager, name)) {
            return all.get(step).duplicate();
        }
    }

    private static void assertNear(double expected, double actual, String what) {
        assertEquals(expected, actual, TOLERANCE * Math.abs(expected), what);
    }

    @ParameterizedTest
    @CsvSource({
        "gemma3_mqa, false",
        "gemma3_mqa, true",
        "recurrentgemma_bf16, false",
        "recurrentgemma_bf16, true"
    })
    void followsPyTorch(String name, boolean recomputation) throws Exception {
        try (NDManager manager = NDManager.newBaseManager();
                Golden golden = new Golden(Golden.path("training/" + name + ".safetensors"))) {
            CausalLanguageModel model = Tiny.load(name, manager);
            model.setTraining(TrainingOptions.defaults().withRecomputation(recomputation));
            float[] losses = golden.floats("loss");
            float[] norms = golden.floats("norm");
            try (AdamW optimizer = optimizer(model, golden.floats("learning_rate"));
                    GradientSum sum = new GradientSum(model)) {
                for (int i = 0; i < STEPS; i++) {
                    NDArray ids = step(manager, golden, "input_ids", i);
                    NDArray labels = step(manager, golden, "labels", i);
                    // A row at a time: tokens weigh the same however they are split.
                    for (int row = 0; row < 2; row++) {
                        String rows = row + ":" + (row + 1);
                        sum.add(new NDList(ids.get(rows)), labels.get(rows));
                    }
                    assertNear(losses[i], sum.loss().mean(), "loss " + i);
                    optimizer.step(sum);
                    assertNear(norms[i], optimizer.gradientNorm(), "norm " + i);
                }
            }
            assertParameters(golden, model);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemma3_mqa", "recurrentgemma_bf16"})
    void followsPyTorchInDjlsLoop(String name) throws Exception {
        try (Model holder = Model.newInstance(name);
                Golden golden = new Golden(Golden.path("training/" + name + ".safetensors"))) {
            NDManager manager = holder.getNDManager();
            CausalLanguageModel model = Tiny.load(name, manager);
            holder.setBlock(model);
            AdamW optimizer = optimizer(model, golden.floats("learning_rate"));
            float[] losses = golden.floats("loss");
            try (Trainer trainer =
                    holder.newTrainer(
                            new DefaultTrainingConfig(new TokenCrossEntropy())
                                    .optOptimizer(optimizer))) {
                trainer.initialize(step(manager, golden, "input_ids", 0).getShape());
                for (int i = 0; i < STEPS; i++) {
                    NDList ids = new NDList(step(manager, golden, "input_ids", i));
                    NDList labels = new NDList(step(manager, golden, "labels", i));
                    try (GradientCollector collector = trainer.newGradientCollector()) {
                        NDArray loss = trainer.forward(ids, labels).head();
                        collector.backward(loss);
                        assertNear(losses[i], loss.getFloat(), "loss " + i);
                    }
                    trainer.step();
                }
            }
            assertEquals(STEPS, optimizer.updates());
            assertParameters(golden, model);
        }
    }

    /** The norms of all parameters, and some of these element by element. */
    private static void assertParameters(Golden golden, CausalLanguageModel model)
            throws Exception {
        Map<String, Parameter> parameters = model.parametersByPath();
        Map<String, Double> squares = new TreeMap<>();
        int compared = 0;
        for (String name : golden.names()) {
            if (name.startsWith("final_norm.")) {
                double norm = golden.floats(name)[0];
                squares.merge(path(name), norm * norm, Double::sum);
            } else if (name.startsWith("final.")) {
                float[] expected = golden.floats(name);
                float[] actual = parameters.get(path(name)).getArray().toFloatArray();
                Golden.assertClose(name, expected, actual, TOLERANCE * largest(expected));
                compared++;
            }
        }
        assertTrue(compared > 3, () -> "compared too few");
        assertEquals(parameters.keySet(), squares.keySet());
        for (Map.Entry<String, Double> entry : squares.entrySet()) {
            double square = 0;
            for (float number : parameters.get(entry.getKey()).getArray().toFloatArray()) {
                square += (double) number * number;
            }
            assertNear(Math.sqrt(entry.getValue()), Math.sqrt(square), entry.getKey());
        }
    }

    private static double largest(float[] numbers) {
        double largest = 0;
        for (float number : numbers) {
            largest = Math.max(largest, Math.abs(number));
        }
        return largest;
    }

    /** Returns our path of a parameter of transformers. */
    private static String path(String name) {
        return name.replaceFirst("^final(_norm)?\\.model\\.", "")
                .replaceFirst("[qkv]_proj", "qkv_proj")
                .replaceFirst("^final_norm\\.", "norm.")
                .replaceFirst("(input|recurrent)_gate_", "$1_gate.");
    }
}
