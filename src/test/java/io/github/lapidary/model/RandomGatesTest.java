package io.github.lapidary.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import com.google.gson.JsonObject;
import io.github.lapidary.Tiny;
import io.github.lapidary.checkpoint.Checkpoint;
import io.github.lapidary.checkpoint.CheckpointLoader;
import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.nn.Competition.Draws;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Training of gates that draw random numbers: second experts and jitter. */
class RandomGatesTest {

    private static final String GATE = "layers.2.moe.gate.weight";
    @TempDir private Path folder;
    private NDManager manager;
    private CausalLanguageModel model;
    private TokenLoss loss;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private static void secondExperts(JsonObject config) {
        config.addProperty("second_expert_policy", "random");
        config.addProperty("second_expert_threshold", 0.8);
    }

    private static void jitter(JsonObject config) {
        config.addProperty("router_jitter_noise", 0.3);
    }

    private void load(Consumer<JsonObject> change) throws Exception {
        Path copy = Tiny.copy("glam", folder.resolve("glam"), change);
        model =
                CheckpointLoader.load(
                        Checkpoint.open(copy),
                        manager,
                        WeightFormat.FLOAT32,
                        ProgressListener.NONE);
    }

    private Map<String, float[]> gradients(boolean recomputation) {
        model.setTraining(TrainingOptions.defaults().withRecomputation(recomputation));
        Map<Parameter, NDArray> sums = new HashMap<>();
        for (Parameter parameter : model.parametersByPath().values()) {
            sums.put(parameter, manager.zeros(parameter.getShape()));
        }
        Shape shape = new Shape(2, 15);
        NDArray ids = manager.create(Tiny.ids(30), shape);
        loss = model.addGradients(new NDList(ids), ids, sums::get);
        Map<String, float[]> gradients = new HashMap<>();
        model.parametersByPath()
                .forEach((path, own) -> gradients.put(path, sums.get(own).toFloatArray()));
        return gradients;
    }

    private static void assertSame(Map<String, float[]> expected, Map<String, float[]> actual) {
        expected.forEach(
                (path, gradient) -> {
                    double largest = ReferenceGradients.largest(gradient);
                    assertArrayEquals(
                            gradient, actual.get(path), (float) (1e-5 * largest + 1e-6), path);
                });
    }

    /** A layer that runs again draws what it drew before. */
    @ParameterizedTest
    @ValueSource(strings = {"second experts", "jitter", "both"})
    void recomputationGivesTheSameGradients(String what) throws Exception {
        load(
                config -> {
                    if (!what.equals("jitter")) {
                        secondExperts(config);
                    }
                    if (!what.equals("second experts")) {
                        jitter(config);
                    }
                });
        model.setDraws(Draws.of(1));
        Map<String, float[]> kept = gradients(false);
        TokenLoss expected = loss;
        assertSame(kept, gradients(true));
        assertEquals(expected.total(), loss.total(), 1e-5);
        assertEquals(expected.dropped(), loss.dropped(), 1e-9);
        model.setDraws(Draws.of(2));
        assertFalse(Arrays.equals(kept.get(GATE), gradients(false).get(GATE)));
        model.setDraws(Draws.OF_ENGINE);
        Engine.getInstance().setRandomSeed(4);
        Map<String, float[]> ofEngine = gradients(false);
        Engine.getInstance().setRandomSeed(4);
        assertSame(ofEngine, gradients(true));
        assertFalse(Arrays.equals(ofEngine.get(GATE), gradients(false).get(GATE)));
    }

    /** Without jitter nothing of the kind is drawn. */
    @Test
    void gatesThatDrawNothingDependOnNoDraws() throws Exception {
        load(config -> {});
        model.setDraws(
                (own, layer, use, shape) -> {
                    throw new AssertionError("drawn for " + use);
                });
        assertTrue(gradients(false).size() > 1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theZLossOfGatesJoinsTheLossAndTheGradients(boolean recomputation) throws Exception {
        load(config -> {});
        Map<String, float[]> without = gradients(recomputation);
        double before = loss.added().auxLoss() / loss.tokens();
        Tiny.copy(
                "glam",
                folder.resolve("other"),
                config -> config.addProperty("router_z_loss_coef", 0.5));
        model =
                CheckpointLoader.load(
                        Checkpoint.open(folder.resolve("other")),
                        manager,
                        WeightFormat.FLOAT32,
                        ProgressListener.NONE);
        Map<String, float[]> with = gradients(recomputation);
        double added = loss.added().auxLoss() / loss.tokens() - before;
        assertTrue(added > 0.1, "added " + added);
        assertEquals(
                loss.mean() + (loss.added().zLoss() + loss.added().auxLoss()) / loss.tokens(),
                loss.total(),
                1e-9);
        // Downhill of the loss by the gradient, as a small step shows.
        NDArray gate = model.parametersByPath().get(GATE).getArray();
        double total = loss.total();
        double squares = ReferenceGradients.dot(with.get(GATE)) / loss.tokens() / loss.tokens();
        float step = (float) (1e-3 / Math.sqrt(squares));
        NDArray direction = manager.create(with.get(GATE), gate.getShape());
        gate.subi(direction.mul(step / loss.tokens()));
        gradients(recomputation);
        double fall = total - loss.total();
        assertEquals(step * squares, fall, 0.1 * step * squares);
        assertFalse(Arrays.equals(without.get(GATE), with.get(GATE)));
    }
}
