package io.github.lapidary.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import io.github.lapidary.Golden;
import io.github.lapidary.nn.RgLruReference.Gate;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RgLruTest extends BlockContract {

    private static final int WIDTH = 6;
    private static final int HEADS = 2;

    @Override
    protected KernelBlock newBlock() {
        return new RgLru(WIDTH, HEADS);
    }

    @Override
    protected KernelBlock newBlockOfOtherShape() {
        return new RgLru(WIDTH, 3);
    }

    @Override
    protected NDList inputs(NDManager target) {
        return new NDList(normal(target, new Shape(2, 5, WIDTH)));
    }

    @Override
    protected Shape outputShape() {
        return new Shape(2, 5, WIDTH);
    }

    @Override
    protected String description() {
        return """
               RgLru recurrent_param(6)
                   input_gate: BlockDiagonalLinear weight(2, 3, 3) bias(2, 3)
                   recurrent_gate: BlockDiagonalLinear weight(2, 3, 3) bias(2, 3)""";
    }

    /**
     * Sequences of lengths on either side of what may be scanned at once, each row of the batch
     * from its own start; with decays of all sizes, near 0 and near 1, and exactly so.
     */
    @ParameterizedTest
    @CsvSource({
        "1, 0",
        "2, 0",
        "7, 0",
        "31, 0",
        "32, 0",
        "33, 0",
        "63, 0",
        "64, 0",
        "65, 0",
        "127, 0",
        "128, 0",
        "129, 0",
        "300, 0",
        "50, 20",
        "65, 20",
        "50, -20",
        "65, -20",
        "200, -8",
        "65, 200",
        "65, -200"
    })
    void statesAndGradientsAreThoseInDoublePrecision(int tokens, float offset) {
        try (NDManager manager = NDManager.newBaseManager()) {
            RgLru block = new RgLru(WIDTH, HEADS);
            block.initialize(manager, DataType.FLOAT32, new Shape(1, tokens, WIDTH));
            Map<String, Parameter> parameters = block.parametersByPath();
            for (Parameter parameter : parameters.values()) {
                normal(manager, parameter.getShape()).copyTo(parameter.getArray());
            }
            NDArray parameter = parameters.get("recurrent_param").getArray();
            parameter.add(offset).copyTo(parameter);
            NDArray x = normal(manager, new Shape(2, tokens, WIDTH));
            NDArray g = normal(manager, new Shape(2, tokens, WIDTH));
            Gate input = gate(parameters, "input_gate");
            Gate recurrent = gate(parameters, "recurrent_gate");
            RgLruReference[] rows = new RgLruReference[2];
            for (int row = 0; row < rows.length; row++) {
                float[] own = x.get(row).toFloatArray();
                rows[row] = new RgLruReference(own, parameter.toFloatArray(), input, recurrent);
                rows[row].back(g.get(row).toFloatArray());
            }
            float[] states = joined(rows[0].h, rows[1].h);
            assertNear("inference", states, forward(block, x, false));

            x.setRequiresGradient(true);
            parameters.values().forEach(p -> p.getArray().setRequiresGradient(true));
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                NDArray y = forward(block, x, true);
                assertNear("training", states, y);
                collector.backward(y.mul(g).sum());
            }
            assertNear("x", joined(rows[0].xGradient, rows[1].xGradient), x.getGradient());
            Map.of(
                            "recurrent_param",
                            sum(rows[0].parameterGradient, rows[1].parameterGradient),
                            "input_gate.weight",
                            sum(input.weightGradient),
                            "input_gate.bias",
                            sum(input.biasGradient),
                            "recurrent_gate.weight",
                            sum(recurrent.weightGradient),
                            "recurrent_gate.bias",
                            sum(recurrent.biasGradient))
                    .forEach(
                            (path, expected) ->
                                    assertNear(
                                            path,
                                            expected,
                                            parameters.get(path).getArray().getGradient()));
        }
    }

    private static NDArray forward(RgLru block, NDArray x, boolean training) {
        ParameterStore store = new ParameterStore(x.getManager(), false);
        return block.forward(store, new NDList(x), training).head();
    }

    private static Gate gate(Map<String, Parameter> parameters, String name) {
        return new Gate(
                parameters.get(name + ".weight").getArray().toFloatArray(),
                parameters.get(name + ".bias").getArray().toFloatArray());
    }

    private static float[] joined(double[] first, double[] second) {
        float[] all = new float[2 * first.length];
        for (int i = 0; i < first.length; i++) {
            all[i] = (float) first[i];
            all[first.length + i] = (float) second[i];
        }
        return all;
    }

    private static float[] sum(double[]... parts) {
        float[] all = new float[parts[0].length];
        for (int i = 0; i < all.length; i++) {
            double total = 0;
            for (double[] part : parts) {
                total += part[i];
            }
            all[i] = (float) total;
        }
        return all;
    }

    private static void assertNear(String what, float[] expected, NDArray actual) {
        double largest = 0;
        for (float number : expected) {
            largest = Math.max(largest, Math.abs(number));
        }
        Golden.assertClose(what, expected, actual.toFloatArray(), 2e-5 * largest + 1e-7);
    }

    /** Where a is 1 to the last bit, the root is 0, and its derivative without bound. */
    @Test
    void gradientsAreFiniteWhereNothingIsForgotten() {
        try (NDManager manager = NDManager.newBaseManager()) {
            RgLru block = new RgLru(WIDTH, HEADS);
            block.initialize(manager, DataType.FLOAT32, new Shape(1, 9, WIDTH));
            NDArray parameter = block.parametersByPath().get("recurrent_param").getArray();
            manager.full(parameter.getShape(), -200f).copyTo(parameter);
            block.parametersByPath().values().forEach(p -> p.getArray().setRequiresGradient(true));
            NDArray x = normal(manager, new Shape(1, 9, WIDTH));
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                collector.backward(forward(block, x, true).sum());
            }
            for (Parameter each : block.parametersByPath().values()) {
                for (float number : each.getArray().getGradient().toFloatArray()) {
                    assertTrue(Float.isFinite(number), each.getName());
                }
            }
        }
    }

    @Test
    void startsWithDecaysOnTheRingOfThePaper() {
        try (NDManager manager = NDManager.newBaseManager()) {
            RgLru block = new RgLru(2000, 10);
            block.initialize(manager, DataType.FLOAT32, new Shape(1, 1, 2000));
            float[] parameter =
                    block.parametersByPath().get("recurrent_param").getArray().toFloatArray();
            double[] decays = new double[parameter.length];
            for (int i = 0; i < decays.length; i++) {
                decays[i] = Math.exp(-Math.log1p(Math.exp(parameter[i])));
            }
            Arrays.sort(decays);
            assertEquals(0.9, decays[0], 0.002);
            assertEquals(0.999, decays[decays.length - 1], 0.002);
            assertEquals(Math.sqrt((0.81 + 0.998001) / 2), decays[decays.length / 2], 0.01);
        }
    }

    @Test
    void refusesHeadsThatDoNotDivideTheWidth() {
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> new RgLru(6, 4));
        assertEquals("The width (6) must be a multiple of the heads (4).", e.getMessage());
    }
}
