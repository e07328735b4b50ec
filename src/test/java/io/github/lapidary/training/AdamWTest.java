package io.github.lapidary.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.training.tracker.CosineTracker;
import ai.djl.training.tracker.Tracker;
import ai.djl.training.tracker.WarmUpTracker;
import io.github.lapidary.Tiny;
import io.github.lapidary.file.MalformedFileException;
import io.github.lapidary.kernel.format.Tensors;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.model.TrainingFormat;
import io.github.lapidary.model.TrainingOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdamWTest {

    private static final String NAME = "gemma1_mqa";

    @TempDir private Path folder;

    private NDManager manager;
    private CausalLanguageModel model;

    @BeforeEach
    void open() throws Exception {
        manager = NDManager.newBaseManager();
        model = Tiny.load(NAME, manager);
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private static void add(GradientSum sum, NDManager manager, int first) {
        NDArray ids = manager.create(new long[][] {ids(first, 9), ids(first + 1, 9)});
        sum.add(new NDList(ids), NextTokens.labels(ids));
    }

    private static long[] ids(int first, int count) {
        long[] ids = new long[count];
        for (int i = 0; i < count; i++) {
            ids[i] = 5 + (first * 31L + i * 17L) % 600;
        }
        return ids;
    }

    private static Map<String, float[]> numbers(CausalLanguageModel model) {
        Map<String, float[]> numbers = new LinkedHashMap<>();
        model.parametersByPath()
                .forEach((path, p) -> numbers.put(path, p.getArray().toFloatArray()));
        return numbers;
    }

    private static void assertSame(Map<String, float[]> expected, Map<String, float[]> actual) {
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach((path, numbers) -> assertArrayEquals(numbers, actual.get(path), path));
    }

    /** Without a gradient to speak of, what is left of a step is the decay. */
    @ParameterizedTest
    @ValueSource(strings = {NAME, "recurrentgemma", "glam"})
    void onlyMatricesDecay(String name) throws Exception {
        model = Tiny.load(name, manager);
        Map<String, float[]> before = numbers(model);
        try (AdamW optimizer =
                        AdamW.builder(model.parametersByPath())
                                .optEpsilon(1e30)
                                .optWeightDecays(100f)
                                .build();
                GradientSum sum = new GradientSum(model)) {
            add(sum, manager, 0);
            optimizer.step(sum);
        }
        numbers(model)
                .forEach(
                        (path, after) -> {
                            boolean vector = path.matches(".*(norm.*|bias|recurrent_param)");
                            float kept = vector ? 1f : 0.9f;
                            for (int i = 0; i < after.length; i++) {
                                float expected = before.get(path)[i] * kept;
                                assertEquals(expected, after[i], 1e-6 * Math.abs(expected), path);
                            }
                        });
    }

    @Test
    void gradientsOfAnotherModelAreRefused() throws Exception {
        CausalLanguageModel other = Tiny.load(NAME, manager);
        Map<String, float[]> before = numbers(model);
        try (AdamW optimizer = AdamW.builder(model.parametersByPath()).build();
                GradientSum sum = new GradientSum(other)) {
            add(sum, manager, 0);
            assertThrows(IllegalArgumentException.class, () -> optimizer.step(sum));
            assertEquals(0, optimizer.updates());
        }
        assertSame(before, numbers(model));
    }

    /** What is left of a failed update would go into the next one. */
    @Test
    void aFailedUpdateLeavesNoGradient() {
        AtomicBoolean fails = new AtomicBoolean(true);
        Tracker tracker =
                new Tracker() {
                    @Override
                    public float getNewValue(int update) {
                        if (fails.get()) {
                            throw new IllegalStateException("no rate");
                        }
                        return 0.001f;
                    }
                };
        try (AdamW optimizer =
                        AdamW.builder(model.parametersByPath())
                                .optLearningRateTracker(tracker)
                                .build();
                GradientSum sum = new GradientSum(model);
                GradientSum other = new GradientSum(model)) {
            add(sum, manager, 0);
            assertThrows(IllegalStateException.class, () -> optimizer.step(sum));
            assertEquals(0, optimizer.updates());
            fails.set(false);
            add(sum, manager, 1);
            add(other, manager, 1);
            for (Parameter parameter : model.parametersByPath().values()) {
                assertArrayEquals(
                        other.array(parameter).toFloatArray(), sum.array(parameter).toFloatArray());
            }
            optimizer.step(sum);
            assertEquals(1, optimizer.updates());
        }
    }

    /** Weights and moments are rounded once in an update, to the nearest. */
    @Test
    void computesOnBFloat16InFloat32() {
        model.setTraining(TrainingOptions.defaults().withFormat(TrainingFormat.BFLOAT16));
        Parameter weight = model.parametersByPath().get("layers.0.mlp.down_proj.weight");
        try (Tensors tensors = new Tensors(manager);
                AdamW optimizer = AdamW.builder(model.parametersByPath()).build();
                GradientSum sum = new GradientSum(model)) {
            long size = weight.getShape().size();
            double[] m = new double[(int) size];
            double[] v = new double[(int) size];
            for (int step = 1; step <= 3; step++) {
                add(sum, manager, step);
                double tokens = sum.loss().tokens();
                float[] before = tensors.slice(weight.getArray(), 0, size).toFloatArray();
                float[] g = tensors.slice(sum.array(weight), 0, size).toFloatArray();
                optimizer.step(sum);
                float[] after = tensors.slice(weight.getArray(), 0, size).toFloatArray();
                for (int i = 0; i < size; i++) {
                    double gradient = g[i] / tokens;
                    m[i] = 0.9 * m[i] + 0.1 * gradient;
                    v[i] = 0.999 * v[i] + 0.001 * gradient * gradient;
                    double root = Math.sqrt(v[i] / (1 - Math.pow(0.999, step)));
                    double change = 1e-3 * m[i] / (1 - Math.pow(0.9, step)) / (root + 1e-8);
                    double digit = Math.abs(before[i]) / 128; // the last, at most
                    assertEquals(before[i] - change, after[i], 0.5 * digit + 2e-5, "step " + step);
                    m[i] = rounded(m[i]);
                    v[i] = rounded(v[i]);
                }
            }
        }
    }

    private static double rounded(double number) {
        int bits = Float.floatToRawIntBits((float) number);
        return Float.intBitsToFloat((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000);
    }

    @Test
    void goesOnFromWhatItSavedBitForBit() throws Exception {
        Path file = folder.resolve("optimizer.safetensors");
        Map<String, float[]> expected;
        Map<String, float[]> middle;
        try (AdamW optimizer = optimizer(model);
                GradientSum sum = new GradientSum(model)) {
            for (int i = 0; i < 3; i++) {
                add(sum, manager, i);
                optimizer.step(sum);
            }
            optimizer.save(file);
            middle = numbers(model);
            add(sum, manager, 3);
            optimizer.step(sum);
            expected = numbers(model);
        }
        CausalLanguageModel other = Tiny.load(NAME, manager);
        other.parametersByPath()
                .forEach(
                        (path, p) ->
                                manager.create(middle.get(path), p.getShape())
                                        .copyTo(p.getArray()));
        try (AdamW optimizer = optimizer(other);
                GradientSum sum = new GradientSum(other)) {
            optimizer.load(file);
            assertEquals(3, optimizer.updates());
            add(sum, manager, 3);
            optimizer.step(sum);
            assertSame(expected, numbers(other));
        }
    }

    private static AdamW optimizer(CausalLanguageModel trained) {
        WarmUpTracker rate =
                WarmUpTracker.builder()
                        .optWarmUpSteps(2)
                        .optWarmUpBeginValue(1e-4f)
                        .setMainTracker(
                                CosineTracker.builder()
                                        .setBaseValue(1e-2f)
                                        .optFinalValue(1e-3f)
                                        .setMaxUpdates(10)
                                        .build())
                        .build();
        return AdamW.builder(trained.parametersByPath())
                .optLearningRateTracker(rate)
                .optWeightDecays(0.1f)
                .optClipNorm(1)
                .build();
    }

    @Test
    void refusesAStateThatDoesNotFitAndKeepsItsOwn() throws Exception {
        Path file = folder.resolve("optimizer.safetensors");
        CausalLanguageModel wider = Tiny.load("gemma1_mha", manager);
        try (AdamW foreign = optimizer(wider);
                AdamW optimizer = optimizer(model);
                GradientSum foreignSum = new GradientSum(wider);
                GradientSum sum = new GradientSum(model)) {
            add(foreignSum, manager, 0);
            foreign.step(foreignSum);
            foreign.save(file);
            add(sum, manager, 0);
            optimizer.step(sum);
            MalformedFileException e =
                    assertThrows(MalformedFileException.class, () -> optimizer.load(file));
            assertTrue(e.getMessage().contains("expected F32 ["), e.getMessage());
            assertEquals(1, optimizer.updates());

            optimizer.save(file);
            byte[] bytes = Files.readAllBytes(file);
            bytes[bytes.length / 2] ^= 1;
            Files.write(file, bytes);
            assertThrows(MalformedFileException.class, () -> optimizer.load(file));
            add(sum, manager, 1);
            optimizer.step(sum);
            assertEquals(2, optimizer.updates());
        }
    }

    @Test
    void refusesAGradientThatIsNotFinite() {
        String path = "layers.1.mlp.down_proj.weight";
        Parameter broken = model.parametersByPath().get(path);
        Map<String, float[]> before = numbers(model);
        try (AdamW optimizer = optimizer(model);
                GradientSum sum = new GradientSum(model)) {
            add(sum, manager, 0);
            sum.array(broken).addi(Float.NaN);
            NonFiniteGradientException e =
                    assertThrows(NonFiniteGradientException.class, () -> optimizer.step(sum));
            assertEquals(1, e.update());
            assertEquals(path, e.parameter());
            assertSame(before, numbers(model));
            assertEquals(0, optimizer.updates());
            // Dropped, so that one can go on.
            add(sum, manager, 0);
            optimizer.step(sum);
            assertEquals(1, optimizer.updates());
        }
    }

    @Test
    void frozenParametersStayAndHaveNoMoments() throws Exception {
        model.parametersByPath()
                .forEach((path, p) -> p.freeze(!path.equals("layers.0.mlp.up_proj.weight")));
        Map<String, float[]> before = numbers(model);
        try (AdamW optimizer = optimizer(model);
                GradientSum sum = new GradientSum(model)) {
            add(sum, manager, 0);
            optimizer.step(sum);
            Path file = folder.resolve("optimizer.safetensors");
            optimizer.save(file);
            assertTrue(Files.size(file) < 3L * 64 * 300 * Float.BYTES);
        }
        numbers(model)
                .forEach(
                        (path, after) -> {
                            if (path.equals("layers.0.mlp.up_proj.weight")) {
                                assertNotEquals(before.get(path)[0], after[0]);
                            } else {
                                assertArrayEquals(before.get(path), after, path);
                            }
                        });
    }

    @Test
    void refusesWhatItCannotDo() {
        Map<String, Parameter> parameters = model.parametersByPath();
        assertThrows(
                IllegalArgumentException.class,
                () -> AdamW.builder(parameters).optClipGrad(1).build());
        assertThrows(
                IllegalArgumentException.class, () -> AdamW.builder(parameters).optAccumulation(0));
        try (AdamW optimizer = optimizer(model);
                GradientSum sum = new GradientSum(model)) {
            assertThrows(IllegalArgumentException.class, () -> optimizer.step(sum));
        }
    }
}
