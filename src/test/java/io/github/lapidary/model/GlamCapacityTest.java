package io.github.lapidary.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import io.github.lapidary.Golden;
import io.github.lapidary.Tiny;
import io.github.lapidary.checkpoint.Checkpoint;
import io.github.lapidary.checkpoint.CheckpointLoader;
import io.github.lapidary.config.GlamConfig;
import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.kernel.Weights;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.nn.Competition;
import io.github.lapidary.nn.GateConfig;
import io.github.lapidary.nn.Step;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Experts with a capacity: who gets a place, who is dropped, and what comes of it. */
class GlamCapacityTest {

    private static final double GATE_TOLERANCE = 1e-6;
    private static final double LOGITS_TOLERANCE = 1e-4;
    private static final double THRESHOLD = 0.8;

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

    /** The places of a padded batch that hold tokens. */
    private static int[] places(Golden golden, String inputs) throws IOException {
        List<Integer> places = new ArrayList<>();
        long[] mask =
                golden.names().contains(inputs + ".attention_mask")
                        ? golden.longs(inputs + ".attention_mask")
                        : golden.longs(inputs + ".input_ids");
        for (int i = 0; i < mask.length; i++) {
            if (mask[i] != 0) {
                places.add(i);
            }
        }
        return places.stream().mapToInt(i -> i).toArray();
    }

    private NDArray chosen(NDArray array, int... places) {
        return array.get(manager.create(places));
    }

    /** Returns the groups of the tokens at these places: rows, or all together. */
    private static List<Competition.Group> groups(Shape batch, boolean together, int... places) {
        int width = Math.toIntExact(batch.get(1));
        if (together) {
            return List.of(new Competition.Group(places.length, (int) batch.size()));
        }
        List<Competition.Group> groups = new ArrayList<>();
        for (int row = 0; row < batch.get(0); row++) {
            int tokens = 0;
            for (int place : places) {
                tokens += place / width == row ? 1 : 0;
            }
            groups.add(new Competition.Group(tokens, width));
        }
        return groups;
    }

    /** Of every gate of the references, from the tokens that these were given. */
    @ParameterizedTest
    @CsvSource({
        "p0, p0, 0, false",
        "p2, p2, 0, false",
        "batch_right, batch_right, 0, false",
        "cap_row_1.0, cap, 1, false",
        "cap_row_2.0, cap, 2, false",
        "cap_batch_1.0, cap, 1, true",
        "cap_random_2.0, cap, 2, false"
    })
    void gatesAreTheReferences(String key, String inputs, double factor, boolean together)
            throws Exception {
        for (String name : GlamGoldenTest.ALL) {
            CausalLanguageModel model = Tiny.load(name, manager);
            try (Golden golden = Tiny.golden(name)) {
                for (int layer : GlamGoldenTest.sparseLayers(model)) {
                    assertGate(golden, model, key, inputs, layer, factor, together);
                }
            }
        }
    }

    private void assertGate(
            Golden golden,
            CausalLanguageModel model,
            String key,
            String inputs,
            int layer,
            double factor,
            boolean together)
            throws IOException {
        GlamConfig config = (GlamConfig) model.config();
        String moe = key + ".moe." + layer;
        int[] places = places(golden, inputs);
        List<Competition.Group> groups =
                groups(golden.shape(inputs + ".input_ids"), together, places);
        GateConfig gate = GateConfig.of(config.hiddenSize(), config.numExperts());
        long[] numbers = new long[1 + 3 * groups.size()];
        for (int i = 0; i < groups.size(); i++) {
            long capacity = factor > 0 ? gate.capacity(groups.get(i).size(), factor) : -1;
            assertEquals(golden.longs(moe + ".capacity")[0], capacity);
            numbers[1 + 3 * i] = groups.get(i).tokens();
            numbers[2 + 3 * i] = groups.get(i).size();
            numbers[3 + 3 * i] = capacity;
        }
        List<NDArray> routing =
                new ArrayList<>(
                        List.of(
                                manager.zeros(new Shape()),
                                manager.zeros(new Shape()),
                                manager.ones(new Shape())));
        if (key.contains("random")) {
            NDArray uniforms = golden.array(manager, "cap.uniforms").get(layer).flatten();
            routing.add(chosen(uniforms, places));
        }
        NDArray weight =
                model.parametersByPath().get("layers." + layer + ".moe.gate.weight").getArray();
        KernelMethod method =
                KernelMethod.of("testing.competition")
                        .tensor("x")
                        .weights("w", List.of(1))
                        .literal(config.normalizeGatesBeforeCapacity())
                        .literal(THRESHOLD)
                        .literal(1.0)
                        .tensors("routing")
                        .integers("groups")
                        .build();
        int experts = config.numExperts();
        try (KernelModule module = KernelModule.link(manager, List.of(method))) {
            NDArray x =
                    chosen(
                            golden.array(manager, moe + ".input").reshape(-1, config.hiddenSize()),
                            places);
            NDArray result =
                    module.call(method)
                            .tensor(x)
                            .weights(new Weights(List.of(List.of(weight))))
                            .tensors(routing)
                            .integers(numbers)
                            .run(manager);
            NDArray raw = golden.array(manager, moe + ".raw_gates").reshape(-1, experts);
            Golden.assertClose(
                    moe,
                    chosen(raw, places).toFloatArray(),
                    result.get(":, :" + experts).toFloatArray(),
                    GATE_TOLERANCE);
            long kept = 0;
            for (int choice = 0; choice < 2; choice++) {
                String end = "_" + (choice + 1);
                assertColumn(
                        golden,
                        moe + ".gate" + end,
                        places,
                        result,
                        experts + choice,
                        GATE_TOLERANCE);
                assertColumn(golden, moe + ".index" + end, places, result, experts + 2 + choice, 0);
                kept +=
                        assertColumn(
                                golden,
                                moe + ".position" + end,
                                places,
                                result,
                                experts + 4 + choice,
                                0);
            }
            float loss = golden.floats(moe + ".aux_loss")[0];
            assertEquals(loss, routing.get(0).getFloat(), GATE_TOLERANCE);
            if (!key.contains("random")) {
                double share = 1 - kept / (2.0 * places.length);
                assertEquals(share, routing.get(1).getFloat(), 1e-6);
            }
        }
    }

    /** Returns how many are not negative. */
    private long assertColumn(
            Golden golden, String key, int[] places, NDArray result, int column, double tolerance)
            throws IOException {
        float[] expected =
                chosen(golden.array(manager, key).flatten(), places)
                        .toType(DataType.FLOAT32, false)
                        .toFloatArray();
        Golden.assertClose(key, expected, result.get(":, " + column).toFloatArray(), tolerance);
        long count = 0;
        for (float number : expected) {
            count += number >= 0 ? 1 : 0;
        }
        return count;
    }

    /** Tokens without a place go on by the residual stream alone; padding takes none. */
    @ParameterizedTest
    @CsvSource({"cap_row_1.0, 1, false", "cap_row_2.0, 2, false", "cap_batch_1.0, 1, true"})
    void logitsAreTheReferences(String key, double factor, boolean together) throws Exception {
        for (String name : GlamGoldenTest.ALL) {
            CausalLanguageModel model = Tiny.load(name, manager);
            model.setTraining(
                    TrainingOptions.defaults()
                            .withCapacityFactor(factor)
                            .withBatchCompetes(together));
            try (Golden golden = Tiny.golden(name)) {
                NDList inputs =
                        new NDList(
                                golden.array(manager, "cap.input_ids"),
                                golden.array(manager, "cap.attention_mask"));
                ParameterStore store = new ParameterStore(manager, false);
                float[] expected = golden.floats(key + ".logits");
                float[] logits = model.forward(store, inputs, true).head().toFloatArray();
                Golden.assertClose(key, expected, logits, LOGITS_TOLERANCE);
                float[] free = model.forward(store, inputs, false).head().toFloatArray();
                assertTrue(
                        distance(expected, free) > 10 * LOGITS_TOLERANCE,
                        "inference drops nothing");
            }
        }
    }

    static double distance(float[] expected, float[] found) {
        assertEquals(expected.length, found.length);
        double apart = 0;
        for (int i = 0; i < found.length; i++) {
            apart = Math.max(apart, Math.abs(found[i] - expected[i]));
        }
        return apart;
    }

    /** With the uniform numbers of the reference. */
    @ParameterizedTest
    @CsvSource({"glam", "glam_alt"})
    void logitsOfRandomSecondExpertsAreTheReferences(String name) throws Exception {
        Tiny.copy(
                name,
                folder.resolve(name),
                config -> {
                    config.addProperty("second_expert_policy", "random");
                    config.addProperty("second_expert_threshold", THRESHOLD);
                });
        CausalLanguageModel model =
                CheckpointLoader.load(
                        Checkpoint.open(folder.resolve(name)),
                        manager,
                        WeightFormat.FLOAT32,
                        ProgressListener.NONE);
        try (Golden golden = Tiny.golden(name);
                PaddedBatch batch =
                        PaddedBatch.of(
                                new NDList(
                                        golden.array(manager, "cap.input_ids"),
                                        golden.array(manager, "cap.attention_mask")),
                                model.config().vocabSize())) {
            int[] places = places(golden, "cap");
            NDArray uniforms = golden.array(manager, "cap.uniforms");
            Competition rows = batch.competition(TrainingOptions.defaults(), 1);
            Competition competition =
                    new Competition(
                            rows.groups(),
                            OptionalDouble.of(2),
                            1,
                            (own, layer, use, shape) -> {
                                assertEquals(Competition.Use.SECOND_EXPERT, use);
                                assertEquals(new Shape(places.length), shape);
                                return chosen(uniforms.get(layer).flatten(), places);
                            });
            try (Step step = Step.training(manager, LossPass.lengths(batch), competition)) {
                NDArray x = model.hidden(null, step, batch.ids(), (i, y) -> {}, () -> {});
                NDArray normed = model.norm().forward(null, x, true);
                float[] logits = model.embedding().logits(null, normed, true).toFloatArray();
                int vocabSize = model.config().vocabSize();
                NDArray all = golden.array(manager, "cap_random_2.0.logits").reshape(-1, vocabSize);
                float[] expected = chosen(all, places).toFloatArray();
                Golden.assertClose(name, expected, logits, LOGITS_TOLERANCE);
            }
            assertArrayEquals(places, batch.rows().toType(DataType.INT32, false).toIntArray());
        }
    }
}
