package io.github.lapidary.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExpertGateTest extends BlockContract {

    @Override
    protected KernelBlock newBlock() {
        return new ExpertGate(GateConfig.of(6, 5));
    }

    @Override
    protected KernelBlock newBlockOfOtherShape() {
        return new ExpertGate(GateConfig.of(6, 4));
    }

    @Override
    protected Shape outputShape() {
        return new Shape(2, 5, 5);
    }

    @Override
    protected String description() {
        return """
               ExpertGate(2 of 5) weight(5, 6)""";
    }

    @Test
    void tokensThatAreNoNumbersAreNamed() {
        try (NDManager manager = NDManager.newBaseManager()) {
            ExpertGate gate = new ExpertGate(GateConfig.of(2, 3));
            gate.initialize(manager, DataType.FLOAT32, new Shape(1, 1, 2));
            for (float fault : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
                NDArray x = manager.create(new float[] {1, 2, 3, fault, 5, 6}, new Shape(3, 2));
                for (boolean training : new boolean[] {false, true}) {
                    ArithmeticException e =
                            assertThrows(
                                    ArithmeticException.class,
                                    () ->
                                            gate.forward(
                                                    new ParameterStore(manager, false),
                                                    new NDList(x),
                                                    training));
                    assertTrue(e.getMessage().contains(" for token 1: "), e.getMessage());
                }
            }
        }
    }

    @Test
    void finiteNumbersWhoseSumIsNotAreNoFault() {
        try (NDManager manager = NDManager.newBaseManager()) {
            ExpertGate gate = new ExpertGate(GateConfig.of(2, 3));
            gate.initialize(manager, DataType.FLOAT32, new Shape(1, 2));
            manager.create(new float[] {2e38f, 0, 3e38f, 0, 1e38f, 0}, new Shape(3, 2))
                    .copyTo(gate.parametersByPath().get("weight").getArray());
            NDArray x = manager.create(new float[] {1, 0}, new Shape(1, 2));
            ParameterStore store = new ParameterStore(manager, false);
            float[] weights = gate.forward(store, new NDList(x), false).head().toFloatArray();
            assertArrayEquals(new float[] {0, 1, 0}, weights, 1e-6f);
        }
    }

    /** The loss of a gate is 1 times its coefficient where all experts are alike. */
    @Test
    void itsLossIsLeastWhereAllAreAlike() {
        try (NDManager manager = NDManager.newBaseManager()) {
            GateConfig config =
                    new GateConfig(
                            4, 4, true, OptionalDouble.empty(), OptionalDouble.empty(), 0.5, 0, 0);
            ExpertGate gate = new ExpertGate(config);
            gate.initialize(manager, DataType.FLOAT32, new Shape(1, 4, 4));
            NDArray weight = gate.parametersByPath().get("weight").getArray();
            manager.eye(4).mul(20).copyTo(weight);
            ParameterStore store = new ParameterStore(manager, false);
            NDArray even = manager.eye(4).expandDims(0);
            assertEquals(0.5, gate.loss(store, even).getFloat(), 1e-5);
            NDArray collapsed = manager.eye(4).get("0:1").repeat(0, 4).expandDims(0);
            assertEquals(0.5 * 4, gate.loss(store, collapsed).getFloat(), 1e-5);

            weight.setRequiresGradient(true);
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                manager.ones(new Shape(4, 4)).mul(0.1f).copyTo(weight);
                collector.backward(gate.loss(store, collapsed));
            }
            float[] gradient = weight.getGradient().toFloatArray();
            assertTrue(gradient[0] > 0 && gradient[4] < 0, "away from the expert that has all");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "1; 1; A gate chooses two of at least two experts, not 1.",
                "8; 0; A capacity factor is a number above 0, not 0.0.",
                "8; -1; A capacity factor is a number above 0, not -1.0.",
                "8; NaN; A capacity factor is a number above 0, not NaN."
            })
    void refusesNumbersThatCannotBe(int experts, double factor, String message) {
        IllegalArgumentException e =
                assertThrows(
                        IllegalArgumentException.class,
                        () ->
                                new GateConfig(
                                        4,
                                        experts,
                                        true,
                                        OptionalDouble.of(factor),
                                        OptionalDouble.empty(),
                                        0,
                                        0,
                                        0));
        assertEquals(message, e.getMessage());
    }
}
