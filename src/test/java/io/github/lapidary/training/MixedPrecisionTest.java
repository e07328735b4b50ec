package io.github.lapidary.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Parameter;
import ai.djl.training.tracker.Tracker;
import io.github.lapidary.Tiny;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.model.TrainingOptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Training that computes in bfloat16 and keeps float32. */
class MixedPrecisionTest {

    /** bfloat16 has eight bits; what they lose should not add up over a layer. */
    private static final double TOLERANCE = 0.02;

    private static final int STEPS = 30;

    private static CausalLanguageModel load(
            String name, NDManager manager, WeightFormat format, boolean recomputation)
            throws Exception {
        CausalLanguageModel model = Tiny.load(name, manager);
        model.setTraining(
                TrainingOptions.defaults().withFormat(format).withRecomputation(recomputation));
        return model;
    }

    @ParameterizedTest
    @CsvSource({
        "gemma1_mqa, false",
        "gemma2, false",
        "gemma3_mqa, true",
        "recurrentgemma, false",
        "recurrentgemma, true",
        "glam, false",
        "glam, true",
        "glam_alt, false"
    })
    void gradientsAreThoseOfFloat32ButForRounding(String name, boolean recomputation)
            throws Exception {
        try (NDManager manager = NDManager.newBaseManager()) {
            CausalLanguageModel exact = load(name, manager, WeightFormat.FLOAT32, false);
            CausalLanguageModel mixed = load(name, manager, WeightFormat.BFLOAT16, recomputation);
            TrainingBatch batch = TrainingBatch.of(manager, 2, 30);
            try (GradientSum expected = new GradientSum(exact);
                    GradientSum actual = new GradientSum(mixed)) {
                double loss = expected.add(batch.data(), batch.labels()).mean();
                assertEquals(
                        loss, actual.add(batch.data(), batch.labels()).mean(), TOLERANCE * loss);
                double measured = mixed.loss(batch.data(), batch.labels()).mean();
                assertEquals(actual.loss().mean(), measured, 1e-3 * loss);
                for (String path : exact.parametersByPath().keySet()) {
                    Parameter own = mixed.parametersByPath().get(path);
                    assertEquals(DataType.FLOAT32, own.getArray().getDataType());
                    float[] a = expected.array(exact.parametersByPath().get(path)).toFloatArray();
                    float[] b = actual.array(own).toFloatArray();
                    double cosine = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
                    assertTrue(cosine > 0.99, () -> path + " " + cosine);
                    assertEquals(1, Math.sqrt(dot(b, b) / dot(a, a)), 0.05, path);
                }
            }
        }
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    /**
     * The copies follow the weights, whoever changes these; and small steps are not rounded off.
     * Tokens to which two experts are nearly alike may go to the other, so GLaM's way is less
     * alike.
     */
    @ParameterizedTest
    @CsvSource({"gemma1_mqa, 0.02", "recurrentgemma, 0.02", "glam, 0.05"})
    void learnsAsFastAsInFloat32(String name, double tolerance) throws Exception {
        try (NDManager manager = NDManager.newBaseManager()) {
            double[] exact = losses(name, manager, WeightFormat.FLOAT32);
            double[] mixed = losses(name, manager, WeightFormat.BFLOAT16);
            assertTrue(exact[STEPS - 1] < 0.5 * exact[0], () -> "learned nothing");
            assertArrayEquals(exact, mixed, tolerance * exact[0]);
            assertEquals(exact[STEPS - 1], mixed[STEPS - 1], TOLERANCE * exact[0]);
        }
    }

    private static double[] losses(String name, NDManager manager, WeightFormat format)
            throws Exception {
        CausalLanguageModel model = load(name, manager, format, false);
        TrainingBatch batch = TrainingBatch.of(manager, 2, 30);
        double[] losses = new double[STEPS];
        try (GradientSum sum = new GradientSum(model);
                AdamW optimizer =
                        AdamW.builder(model.parametersByPath())
                                .optLearningRateTracker(Tracker.fixed(1e-3f))
                                .build()) {
            for (int i = 0; i < STEPS; i++) {
                losses[i] = sum.add(batch.data(), batch.labels()).mean();
                optimizer.step(sum);
            }
        }
        return losses;
    }
}
