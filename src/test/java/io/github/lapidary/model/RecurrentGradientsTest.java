package io.github.lapidary.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import io.github.lapidary.Golden;
import io.github.lapidary.config.LayerKind;
import io.github.lapidary.config.RecurrentGemmaConfig;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.kernel.Weights;
import io.github.lapidary.nn.Step;
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
                "1; none",
                "70; none",
                "9,9,9; none",
                "5,1,40; none",
                "5,1,40; temporal_block.conv_1d.bias",
                "9,9; temporal_block.rg_lru.recurrent_param",
                "9,9; temporal_pre_norm.weight"
            })
    void gradientsAreThoseOfAutograd(String lengthsOfSequences, String frozen) {
        int[] lengths =
                Arrays.stream(lengthsOfSequences.split(",")).mapToInt(Integer::parseInt).toArray();
        Shape shape = new Shape(Arrays.stream(lengths).sum(), CONFIG.hiddenSize());
        NDArray x = normal(shape);
        NDArray g = normal(shape);
        parameters.forEach(
                (path, parameter) ->
                        parameter.getArray().setRequiresGradient(!path.equals(frozen)));
        float[] numbers = x.toFloatArray();
        float[] own = own(x, g, lengths);
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
    private float[] own(NDArray x, NDArray g, int... lengths) {
        List<List<NDArray>> groups = groups();
        KernelMethod method =
                KernelMethod.of("testing.recurrent_gradients")
                        .tensor("x")
                        .weights("w", groups.stream().map(List::size).toList())
                        .integers("spans")
                        .literal(CONFIG.rmsNormEps())
                        .tensor("g")
                        .build();
        try (GradientCollector recording = Engine.getInstance().newGradientCollector();
                KernelModule module = KernelModule.link(manager, List.of(method));
                Step step = Step.whole(manager, lengths, true)) {
            return module.call(method)
                    .tensor(x)
                    .weights(new Weights(groups))
                    .integers(step.spans(0))
                    .tensor(g)
                    .train(manager)
                    .toFloatArray();
        }
    }

    /** Returns the weights, a list for each block. */
    private List<List<NDArray>> groups() {
        Map<String, List<NDArray>> groups = new LinkedHashMap<>();
        parameters.forEach(
                (path, parameter) ->
                        groups.computeIfAbsent(
                                        path.substring(0, path.lastIndexOf('.')),
                                        owner -> new ArrayList<>())
                                .add(parameter.getArray()));
        return List.copyOf(groups.values());
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
