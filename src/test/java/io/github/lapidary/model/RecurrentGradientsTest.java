package io.github.lapidary.model;

import static java.util.stream.Collectors.toCollection;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import io.github.lapidary.Golden;
import io.github.lapidary.config.LayerKind;
import io.github.lapidary.config.RecurrentGemmaConfig;
import io.github.lapidary.kernel.GradientMode;
import io.github.lapidary.nn.Step;
import io.github.lapidary.nn.TrainingStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A recurrent layer's own reverse pass, with that of the scan in it, against autograd's. */
class RecurrentGradientsTest {

    private static final RecurrentGemmaConfig CONFIG = RecurrentGemmaLayerTest.config(16, 3);

    private final Random random = new Random(3);
    private NDManager manager;
    private RecurrentGemmaLayer layer;
    private Map<String, Parameter> parameters;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
        layer = new RecurrentGemmaLayer(CONFIG, LayerKind.RECURRENT);
        layer.initialize(manager, DataType.FLOAT32, new Shape(1, 1, CONFIG.hiddenSize()));
        parameters = layer.parametersByPath();
        for (Parameter parameter : parameters.values()) {
            normal(parameter.getShape()).mul(0.5f).copyTo(parameter.getArray());
        }
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private NDArray normal(Shape shape) {
        float[] numbers = new float[(int) shape.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        return manager.create(numbers, shape);
    }

    /** Of sequences of one length and of several; frozen weights have no gradient. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "1; none; false",
                "70; none; false",
                "9,9,9; none; false",
                "5,1,40; none; false",
                "5,1,40; none; true",
                "5,1,40; temporal_block.conv_1d.bias; false",
                "9,9; temporal_block.rg_lru.recurrent_param; false",
                "9,9; temporal_block.rg_lru.recurrent_param; true",
                "9,9; temporal_pre_norm.weight; false"
            })
    void gradientsAreThoseOfAutograd(String lengthsOfSequences, String frozen, boolean runAgain) {
        int[] lengths =
                Arrays.stream(lengthsOfSequences.split(",")).mapToInt(Integer::parseInt).toArray();
        Shape shape = new Shape(Arrays.stream(lengths).sum(), CONFIG.hiddenSize());
        NDArray x = normal(shape);
        NDArray g = normal(shape);
        parameters.forEach(
                (path, parameter) -> {
                    parameter.freeze(path.equals(frozen));
                    parameter.getArray().setRequiresGradient(!path.equals(frozen));
                });
        float[] numbers = x.toFloatArray();
        float[] own = own(x, g, runAgain, lengths);
        assertArrayEquals(numbers, x.toFloatArray());

        x.setRequiresGradient(true);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector();
                Step step = Step.whole(manager, lengths, true)) {
            NDArray y = layer.forward(new ParameterStore(manager, false), x, step, 0);
            collector.backward(y.mul(g).sum());
        }
        int next = assertNear("x", x, own, 0);
        for (Map.Entry<String, Parameter> parameter : parameters.entrySet()) {
            if (!parameter.getKey().equals(frozen)) {
                next = assertNear(parameter.getKey(), parameter.getValue().getArray(), own, next);
            }
        }
        assertEquals(own.length, next);
    }

    /** Returns the gradients of the layer's own reverse pass, one after another. */
    private float[] own(NDArray x, NDArray g, boolean runAgain, int... lengths) {
        Map<Parameter, NDArray> sums = new LinkedHashMap<>();
        for (Parameter parameter : parameters.values()) {
            if (parameter.requiresGradient()) {
                sums.put(parameter, manager.zeros(parameter.getShape()));
            }
        }
        TrainingStore store = new TrainingStore(manager, null, Map.of(), sums::get);
        List<NDArray> all = new ArrayList<>();
        try (Step step = Step.whole(manager, lengths, true)) {
            if (runAgain) {
                all.add(layer.recomputedGradients(store, x, g, step, 0));
            } else {
                NDArray leaf = x.duplicate();
                leaf.setRequiresGradient(true);
                List<NDArray> recorded;
                try (GradientMode ignored = GradientMode.recording()) {
                    recorded = layer.recorded(store, leaf, step, 0);
                }
                all.add(layer.gradients(store, leaf, recorded, g));
            }
        }
        all.addAll(sums.values());
        return NDArrays.concat(
                        all.stream().map(NDArray::flatten).collect(toCollection(NDList::new)))
                .toFloatArray();
    }

    /** Compares the gradient of an array with the numbers from a place on; returns the next. */
    private static int assertNear(String what, NDArray variable, float[] all, int first) {
        float[] expected = variable.getGradient().toFloatArray();
        double largest = 0;
        for (float number : expected) {
            largest = Math.max(largest, Math.abs(number));
        }
        int next = first + expected.length;
        Golden.assertClose(
                what, expected, Arrays.copyOfRange(all, first, next), 1e-5 * largest + 1e-7);
        return next;
    }
}
