package io.github.lapidary.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import io.github.lapidary.config.GlamConfig;
import io.github.lapidary.config.GlamConfig.ExpertActivation;
import io.github.lapidary.config.GlamConfig.SecondExpertPolicy;
import io.github.lapidary.config.SpecialTokens;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.model.Models;
import io.github.lapidary.model.TrainingFormat;
import io.github.lapidary.model.TrainingOptions;
import io.github.lapidary.nn.Step;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A gate that sends all tokens to one expert, as one left to itself soon does. */
class GlamBalanceTest {

    private static final String GATE = "layers.1.moe.gate.weight";
    private static final int EXPERTS = 8;
    private static final int WIDTH = 16;
    private static final int VOCABULARY = 48;
    private static final int STEPS = 300;
    private static final float LEARNING_RATE = 0.03f;
    private static final int ROWS = 4;
    private static final int LENGTH = 32;

    private final Random random = new Random(11);

    private static GlamConfig config(double auxLossCoef) {
        return new GlamConfig(
                VOCABULARY,
                WIDTH,
                32,
                32,
                2,
                2,
                8,
                EXPERTS,
                2,
                1,
                ExpertActivation.RELU,
                false,
                1e-6,
                0.35,
                OptionalDouble.empty(),
                8,
                20,
                false,
                true,
                64,
                OptionalDouble.of(1.5),
                SecondExpertPolicy.ALL,
                0,
                true,
                auxLossCoef,
                0,
                0,
                0,
                new SpecialTokens(2, List.of(1), 0));
    }

    /** With its loss in the gradient it learns to use all; without it does not. */
    @ParameterizedTest
    @CsvSource({"1, FLOAT32, false", "1, FLOAT32, true", "1, MIXED, false", "0, FLOAT32, false"})
    void learnsToBalanceFromACollapsedStart(
            double auxLossCoef, TrainingFormat format, boolean recomputation) {
        try (NDManager manager = NDManager.newBaseManager()) {
            CausalLanguageModel model = Models.of(config(auxLossCoef));
            Engine.getInstance().setRandomSeed(3);
            model.initialize(manager, DataType.FLOAT32, new Shape(1, 1));
            model.setTraining(
                    TrainingOptions.defaults().withFormat(format).withRecomputation(recomputation));
            collapse(model, manager);
            freezeAllButTheGate(model);
            NDArray ids = ids(manager);
            assertEquals(1, largestShare(model, manager, ids));
            double first = 0;
            double last = 0;
            try (GradientSum sum = new GradientSum(model)) {
                for (int i = 0; i < STEPS; i++) {
                    NDArray batch = ids(manager);
                    sum.add(new NDList(batch), NextTokens.labels(batch));
                    first += i < 10 ? sum.loss().dropped() : 0;
                    last += i >= STEPS - 10 ? sum.loss().dropped() : 0;
                    descend(model, sum);
                }
            }
            double share = largestShare(model, manager, ids);
            if (auxLossCoef > 0) {
                double left = last / first;
                assertTrue(left < 0.75, () -> "of those dropped at first are left " + left);
                assertTrue(share < 0.5, () -> "one of 8 experts has " + share);
            } else {
                assertTrue(share > 0.9, () -> "nothing made it change, yet it has " + share);
            }
        }
    }

    /** The other weights could make up for it, and the loss then pulls at the gate, too. */
    private static void freezeAllButTheGate(CausalLanguageModel model) {
        model.parametersByPath().forEach((path, parameter) -> parameter.freeze(!path.equals(GATE)));
    }

    /** Adam would make much of the smallest gradients. */
    private static void descend(CausalLanguageModel model, GradientSum sum) {
        Parameter gate = model.parametersByPath().get(GATE);
        try (NDArray step = sum.array(gate).mul(LEARNING_RATE / sum.loss().tokens())) {
            gate.getArray().subi(step);
        }
        sum.clear();
    }

    /** All tokens point one way, to which the gate's first row answers. */
    private void collapse(CausalLanguageModel model, NDManager manager) {
        fill(model, manager, "embed_tokens.weight", 0.8, 1);
        NDArray gate = model.parametersByPath().get(GATE).getArray();
        float[] rows = new float[EXPERTS * WIDTH];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = (float) (0.02 * random.nextGaussian()) + (i < WIDTH ? 0.2f : 0);
        }
        manager.create(rows, gate.getShape()).copyTo(gate);
    }

    private void fill(
            CausalLanguageModel model,
            NDManager manager,
            String path,
            double deviation,
            float mean) {
        NDArray array = model.parametersByPath().get(path).getArray();
        float[] numbers = new float[(int) array.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) (deviation * random.nextGaussian()) + mean;
        }
        manager.create(numbers, array.getShape()).copyTo(array);
    }

    /** Returns rows in which each token follows from the one before. */
    private NDArray ids(NDManager manager) {
        long[] ids = new long[ROWS * LENGTH];
        for (int i = 0; i < ids.length; i++) {
            ids[i] =
                    i % LENGTH == 0
                            ? 3 + random.nextInt(VOCABULARY - 3)
                            : 3 + (7 * ids[i - 1] + 5) % (VOCABULARY - 3);
        }
        return manager.create(ids, new Shape(ROWS, LENGTH));
    }

    /** Returns what share of all first choices the expert has that has most. */
    private static double largestShare(CausalLanguageModel model, NDManager manager, NDArray ids) {
        long[] chosen = new long[EXPERTS];
        int[] lengths = {LENGTH, LENGTH, LENGTH, LENGTH};
        try (Step step = Step.whole(manager, lengths, false)) {
            step.listen((layer, routes) -> routes.forEach(route -> chosen[route.firstExpert()]++));
            model.forward(step, ids.flatten(), () -> {}).close();
        }
        long most = 0;
        long all = 0;
        for (long count : chosen) {
            most = Math.max(most, count);
            all += count;
        }
        assertEquals(ROWS * LENGTH, all);
        return (double) most / all;
    }
}
