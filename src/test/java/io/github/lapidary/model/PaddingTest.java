package io.github.lapidary.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import io.github.lapidary.Golden;
import io.github.lapidary.Tiny;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Wherever the tokens of a row stand, they are those tokens. */
class PaddingTest {

    private static final double TOLERANCE = 1e-4;

    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private float[] logits(CausalLanguageModel model, long[] ids, long[] mask, Shape shape) {
        NDList inputs = new NDList(manager.create(ids, shape), manager.create(mask, shape));
        return model.forward(new ParameterStore(manager, false), inputs, false)
                .head()
                .toFloatArray();
    }

    /** Moves the tokens of rows that are padded on the right to their ends. */
    static long[] moved(long[] values, long[] mask, int width) {
        long[] moved = new long[values.length];
        for (int first = 0; first < values.length; first += width) {
            int tokens = (int) Arrays.stream(mask, first, first + width).sum();
            System.arraycopy(values, first, moved, first + width - tokens, tokens);
            System.arraycopy(values, first + tokens, moved, first, width - tokens);
        }
        return moved;
    }

    /** Returns the logits where the mask is not zero. */
    private static float[] kept(float[] logits, long... mask) {
        int vocabSize = logits.length / mask.length;
        float[] kept = new float[(int) Arrays.stream(mask).sum() * vocabSize];
        int next = 0;
        for (int i = 0; i < mask.length; i++) {
            if (mask[i] == 1) {
                System.arraycopy(logits, i * vocabSize, kept, next, vocabSize);
                next += vocabSize;
            }
        }
        return kept;
    }

    /** The references of rows that are padded on the right, moved. */
    @ParameterizedTest
    @ValueSource(strings = {"gemma2", "recurrentgemma", "glam", "glam_alt"})
    void paddingOnTheLeftChangesNothing(String name) throws Exception {
        CausalLanguageModel model = Tiny.load(name, manager);
        try (Golden golden = Tiny.golden(name)) {
            long[] mask = golden.longs("batch_right.attention_mask");
            Shape shape = golden.shape("batch_right.attention_mask");
            int width = Math.toIntExact(shape.get(1));
            long[] left = moved(mask, mask, width);
            assertEquals(0, left[width]);
            long[] ids = moved(golden.longs("batch_right.input_ids"), mask, width);
            Golden.assertClose(
                    name,
                    ModelContract.logitsOfTokens(golden),
                    kept(logits(model, ids, left, shape), left),
                    TOLERANCE);
        }
    }

    /** Every third place of the first row, and a stretch of the second, hold no token. */
    private static long[] withHoles(int width) {
        return IntStream.range(0, 2 * width)
                .mapToLong(i -> i < width ? Math.min(1, (i + 2) % 3) : i / 8 % 2)
                .toArray();
    }

    /** Returns the tokens of rows one after another, and what fills them up to the width. */
    private static long[] withoutHoles(long[] values, long[] mask, int width, long padding) {
        long[] moved = new long[values.length];
        Arrays.fill(moved, padding);
        for (int first = 0; first < values.length; first += width) {
            int next = first;
            for (int i = first; i < first + width; i++) {
                if (mask[i] == 1) {
                    moved[next++] = values[i];
                }
            }
        }
        return moved;
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemma2", "gemma3_mqa", "recurrentgemma", "glam", "glam_alt"})
    void whatTheMaskLeavesOutIsNotThere(String name) throws Exception {
        CausalLanguageModel model = Tiny.load(name, manager);
        int width = 32;
        Shape shape = new Shape(2, width);
        long[] ids = Tiny.ids(2 * width);
        long[] mask = withHoles(width);
        long[] whole = withoutHoles(mask, mask, width, 0);
        float[] expected = logits(model, withoutHoles(ids, mask, width, 0), whole, shape);
        float[] found = logits(model, ids, mask, shape);
        Golden.assertClose(name, kept(expected, whole), kept(found, mask), TOLERANCE);
    }

    /** With a capacity, which counts the places of a row, whatever is in them. */
    @ParameterizedTest
    @CsvSource({"gemma2, 1", "glam, 1", "glam, 0.5", "glam_alt, 1"})
    void neitherAreItsGradients(String name, double capacity) throws Exception {
        CausalLanguageModel model = Tiny.load(name, manager);
        model.setTraining(TrainingOptions.defaults().withCapacityFactor(capacity));
        int width = 32;
        Shape shape = new Shape(2, width);
        long[] ids = Tiny.ids(2 * width);
        long[] mask = withHoles(width);
        long[] labels = new long[2 * width];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = mask[i] == 1 ? (ids[i] * 7) % 640 : TokenLoss.IGNORED;
        }
        Map<String, float[]> expected =
                gradients(
                        model,
                        shape,
                        withoutHoles(ids, mask, width, 0),
                        withoutHoles(mask, mask, width, 0),
                        withoutHoles(labels, mask, width, TokenLoss.IGNORED));
        gradients(model, shape, ids, mask, labels)
                .forEach(
                        (path, found) ->
                                Golden.assertClose(
                                        path,
                                        expected.get(path),
                                        found,
                                        1e-5 * ReferenceGradients.largest(expected.get(path))
                                                + 1e-7));
    }

    private Map<String, float[]> gradients(
            CausalLanguageModel model, Shape shape, long[] ids, long[] mask, long[] labels) {
        Map<Parameter, NDArray> sums = new HashMap<>();
        model.parametersByPath()
                .values()
                .forEach(parameter -> sums.put(parameter, manager.zeros(parameter.getShape())));
        NDList data = new NDList(manager.create(ids, shape), manager.create(mask, shape));
        model.addGradients(data, manager.create(labels, shape), sums::get);
        Map<String, float[]> gradients = new LinkedHashMap<>();
        model.parametersByPath()
                .forEach((path, own) -> gradients.put(path, sums.get(own).toFloatArray()));
        return gradients;
    }
}
