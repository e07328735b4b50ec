package io.github.lapidary.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
import io.github.lapidary.config.GlamConfig.ExpertActivation;
import java.util.Arrays;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a gate only does if it is told to: the z-loss, jitter and masks. */
class GateOptionsTest {

    private static final int WIDTH = 6;
    private static final int EXPERTS = 5;
    private static final int ROWS = 2;
    private static final int TOKENS = 7;
    private static final double Z = 0.7;

    /** Two tokens of padding on the right of the first row, one on the left of the second. */
    private static final float[] MASK = {1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1};

    private final Random random = new Random(5);
    private NDManager manager;
    private ParameterStore store;
    private float[] weight;
    private float[] x;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
        store = new ParameterStore(manager, false);
        weight = normal(EXPERTS * WIDTH);
        x = normal(ROWS * TOKENS * WIDTH);
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private float[] normal(int count) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        return numbers;
    }

    private static GateConfig config(double auxLossCoef, double zLossCoef, double jitterNoise) {
        return new GateConfig(
                WIDTH,
                EXPERTS,
                true,
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                auxLossCoef,
                zLossCoef,
                jitterNoise);
    }

    private ExpertGate gate(GateConfig config) {
        ExpertGate gate = new ExpertGate(config);
        gate.initialize(manager, DataType.FLOAT32, new Shape(ROWS, TOKENS, WIDTH));
        manager.create(weight, new Shape(EXPERTS, WIDTH))
                .copyTo(gate.parametersByPath().get("weight").getArray());
        return gate;
    }

    private NDArray tokens() {
        return manager.create(x, new Shape(ROWS, TOKENS, WIDTH));
    }

    private NDArray mask() {
        return manager.create(MASK, new Shape(ROWS, TOKENS));
    }

    private double[] logits(int token) {
        double[] logits = new double[EXPERTS];
        for (int e = 0; e < EXPERTS; e++) {
            for (int i = 0; i < WIDTH; i++) {
                logits[e] += (double) weight[e * WIDTH + i] * x[token * WIDTH + i];
            }
        }
        return logits;
    }

    /** Returns the mean square of the log-sum-exp over the tokens of the mask. */
    private double meanSquare(float... mask) {
        double sum = 0;
        int count = 0;
        for (int token = 0; token < mask.length; token++) {
            if (mask[token] != 0) {
                double total = Arrays.stream(logits(token)).map(Math::exp).sum();
                sum += Math.log(total) * Math.log(total);
                count++;
            }
        }
        return sum / count;
    }

    @Test
    void theZLossIsTheMeanSquareOfTheLogSumExp() {
        float[] all = new float[ROWS * TOKENS];
        Arrays.fill(all, 1);
        double expected = Z * meanSquare(all);
        ExpertGate gate = gate(config(0, Z, 0));
        assertEquals(expected, gate.loss(store, tokens()).getFloat(), 1e-5 * expected);
        double imbalance = gate(config(0.3, 0, 0)).loss(store, tokens()).getFloat();
        double both = gate(config(0.3, Z, 0)).loss(store, tokens()).getFloat();
        assertEquals(expected + imbalance, both, 1e-5 * both);
        assertTrue(imbalance > 0.01);
    }

    @Test
    void paddingHasNoShareInTheZLoss() {
        double expected = Z * meanSquare(MASK);
        NDList inputs = new NDList(tokens(), mask());
        double loss = gate(config(0, Z, 0)).loss(store, inputs).getFloat();
        assertEquals(expected, loss, 1e-5 * expected);
        Arrays.fill(x, 5 * WIDTH, 8 * WIDTH, Float.NaN); // the padding
        NDList others = new NDList(tokens(), mask());
        assertEquals(loss, gate(config(0, Z, 0)).loss(store, others).getFloat());
    }

    /** d/dw of the square of the log-sum-exp is twice it times the softmax times the token. */
    @Test
    void theZLossHasItsGradient() {
        ExpertGate gate = gate(config(0, Z, 0));
        NDArray parameter = gate.parametersByPath().get("weight").getArray();
        parameter.setRequiresGradient(true);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            collector.backward(gate.loss(store, new NDList(tokens(), mask())));
        }
        double count = 11;
        double[] expected = new double[EXPERTS * WIDTH];
        for (int token = 0; token < MASK.length; token++) {
            double[] logits = logits(token);
            double total = Arrays.stream(logits).map(Math::exp).sum();
            for (int k = 0; k < expected.length && MASK[token] != 0; k++) {
                expected[k] +=
                        Z
                                / count
                                * 2
                                * Math.log(total)
                                * Math.exp(logits[k / WIDTH])
                                / total
                                * x[token * WIDTH + k % WIDTH];
            }
        }
        float[] gradient = parameter.getGradient().toFloatArray();
        for (int k = 0; k < expected.length; k++) {
            assertEquals(expected[k], gradient[k], 1e-5, "element " + k);
        }
    }

    /** A gate of tokens that were multiplied before, by numbers drawn from the same. */
    @Test
    void jitterMultipliesWhatTheGateSees() {
        double noise = 0.4;
        GateConfig config = config(0, 0, noise);
        ExpertGate gate = gate(config);
        Engine.getInstance().setRandomSeed(8);
        float[] jittered = gate.forward(store, new NDList(tokens()), true).head().toFloatArray();
        Engine.getInstance().setRandomSeed(8);
        float[] uniforms =
                Competition.Draws.OF_ENGINE
                        .uniforms(
                                manager, 0, Competition.Use.JITTER, new Shape(ROWS * TOKENS, WIDTH))
                        .toFloatArray();
        for (int i = 0; i < x.length; i++) {
            x[i] *= (float) (1 - noise + 2 * noise * uniforms[i]);
        }
        for (int token = 0; token < ROWS * TOKENS; token++) {
            double[] expected = twoOf(logits(token));
            for (int e = 0; e < EXPERTS; e++) {
                assertEquals(expected[e], jittered[token * EXPERTS + e], 1e-5);
            }
        }
        float[] again = gate.forward(store, new NDList(tokens()), true).head().toFloatArray();
        assertFalse(Arrays.equals(jittered, again), "each pass draws its own");
    }

    /** Returns the two largest of a softmax over their sum, and zeros. */
    private static double[] twoOf(double[] logits) {
        double[] sorted = logits.clone();
        Arrays.sort(sorted);
        double least = sorted[EXPERTS - 2];
        double total = Arrays.stream(logits).filter(logit -> logit >= least).map(Math::exp).sum();
        return Arrays.stream(logits)
                .map(logit -> logit >= least ? Math.exp(logit) / total : 0)
                .toArray();
    }

    @Test
    void inferenceNeverJitters() {
        float[] plain =
                gate(config(0, 0, 0))
                        .forward(store, new NDList(tokens()), false)
                        .head()
                        .toFloatArray();
        float[] without =
                gate(config(0, 0, 0.4))
                        .forward(store, new NDList(tokens()), false)
                        .head()
                        .toFloatArray();
        assertArrayEquals(plain, without);
    }

    /** Experts see tokens as they are: where all are alike, it does not matter which. */
    @Test
    void jitterIsForTheGateAlone() {
        ExpertFeedForward block = feedForward(config(0, 0, 0.4));
        for (String name : new String[] {"experts.wi", "experts.wo"}) {
            NDArray matrices = block.parametersByPath().get(name).getArray();
            matrices.get("0:1").repeat(0, EXPERTS).copyTo(matrices);
        }
        float[] expected = block.forward(store, new NDList(tokens()), false).head().toFloatArray();
        float[] actual = block.forward(store, new NDList(tokens()), true).head().toFloatArray();
        assertArrayEquals(expected, actual, 1e-4f);
    }

    private ExpertFeedForward feedForward(GateConfig config) {
        ExpertFeedForward block = new ExpertFeedForward(config, 8, ExpertActivation.RELU, false);
        block.initialize(manager, DataType.FLOAT32, new Shape(ROWS, TOKENS, WIDTH));
        block.parametersByPath()
                .values()
                .forEach(
                        parameter ->
                                manager.create(
                                                normal((int) parameter.getShape().size()),
                                                parameter.getShape())
                                        .copyTo(parameter.getArray()));
        return block;
    }

    /** Padding comes out as zero, changes nothing for tokens, and gets no gradient. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void masksTakePaddingOut(boolean training) {
        ExpertFeedForward block = feedForward(config(0.01, Z, 0));
        NDArray whole = tokens();
        float[] all = block.forward(store, new NDList(whole), training).head().toFloatArray();
        for (int token = 0; token < MASK.length; token++) {
            if (MASK[token] == 0) {
                Arrays.fill(x, token * WIDTH, (token + 1) * WIDTH, Float.NaN);
                Arrays.fill(all, token * WIDTH, (token + 1) * WIDTH, 0);
            }
        }
        NDArray padded = tokens();
        padded.setRequiresGradient(training);
        NDList inputs = new NDList(padded, mask());
        if (!training) {
            float[] y = block.forward(store, inputs, false).head().toFloatArray();
            assertArrayEquals(all, y, 1e-5f);
            return;
        }
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray y = block.forward(store, inputs, true).head();
            assertArrayEquals(all, y.toFloatArray(), 1e-5f);
            collector.backward(y.sum().add(block.gate().loss(store, inputs)));
        }
        float[] gradient = padded.getGradient().toFloatArray();
        for (int i = 0; i < gradient.length; i++) {
            assertEquals(MASK[i / WIDTH] != 0, gradient[i] != 0, "element " + i);
        }
    }

    @Test
    void masksThatDoNotFitAreRefused() {
        ExpertGate gate = gate(config(0, 0, 0));
        NDArray none = mask().zerosLike();
        for (NDList inputs :
                new NDList[] {
                    new NDList(tokens(), manager.ones(new Shape(TOKENS, ROWS))),
                    new NDList(tokens().reshape(-1, WIDTH), mask()),
                    new NDList(tokens(), mask(), mask()),
                    new NDList(tokens(), none)
                }) {
            assertThrows(IllegalArgumentException.class, () -> gate.forward(store, inputs, false));
        }
    }

    @Test
    void faultsAreNamedByRowAndPlace() {
        x[9 * WIDTH] = Float.NaN;
        ExpertFeedForward block = feedForward(config(0, 0, 0));
        for (NDList inputs : new NDList[] {new NDList(tokens()), new NDList(tokens(), mask())}) {
            ArithmeticException e =
                    assertThrows(
                            ArithmeticException.class, () -> block.forward(store, inputs, false));
            assertTrue(e.getMessage().contains(" for token 2 of row 1: "), e.getMessage());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "-1; 0; The coefficient of the z-loss is a number from 0 on, not -1.0.",
                "Infinity; 0; The coefficient of the z-loss is a number from 0 on, not Infinity.",
                "0; 1; The noise of jitter is a number from 0 to below 1, not 1.0.",
                "0; -0.1; The noise of jitter is a number from 0 to below 1, not -0.1.",
                "0; NaN; The noise of jitter is a number from 0 to below 1, not NaN."
            })
    void refusesNumbersThatCannotBe(double zLossCoef, double jitterNoise, String message) {
        IllegalArgumentException e =
                assertThrows(
                        IllegalArgumentException.class, () -> config(0, zLossCoef, jitterNoise));
        assertEquals(message, e.getMessage());
    }
}
