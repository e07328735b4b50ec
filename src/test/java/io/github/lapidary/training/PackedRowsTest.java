package io.github.lapidary.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import io.github.lapidary.Golden;
import io.github.lapidary.Tiny;
import io.github.lapidary.checkpoint.Checkpoint;
import io.github.lapidary.checkpoint.CheckpointLoader;
import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.model.TokenLoss;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Documents that share a row know nothing of one another. */
class PackedRowsTest {

    @TempDir private Path folder;

    private static Map<String, float[]> gradients(CausalLanguageModel model, GradientSum sum) {
        Map<String, float[]> gradients = new LinkedHashMap<>();
        for (Map.Entry<String, Parameter> entry : model.parametersByPath().entrySet()) {
            gradients.put(entry.getKey(), sum.array(entry.getValue()).toFloatArray());
        }
        return gradients;
    }

    /**
     * Loads a tiny model whose loss is that of its tokens alone. What balances experts looks at
     * whole rows, which are others where documents share them.
     */
    private CausalLanguageModel load(String name, NDManager manager) throws Exception {
        Path path =
                Tiny.copy(
                        name,
                        folder.resolve(name),
                        config -> config.addProperty("aux_loss_coef", 0));
        return CheckpointLoader.load(
                Checkpoint.open(path), manager, WeightFormat.FLOAT32, ProgressListener.NONE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemma2", "gemma3_mqa", "recurrentgemma", "glam", "glam_alt"})
    void countAsIfEachHadARowOfItsOwn(String name) throws Exception {
        try (NDManager manager = NDManager.newBaseManager()) {
            CausalLanguageModel model =
                    name.startsWith("glam") ? load(name, manager) : Tiny.load(name, manager);
            long[] ids = Tiny.ids(30);
            long[][] documents = {
                Arrays.copyOfRange(ids, 0, 13),
                Arrays.copyOfRange(ids, 13, 18),
                Arrays.copyOfRange(ids, 18, 30)
            };
            TokenLoss loss = new TokenLoss(0, 0);
            Map<String, float[]> expected;
            try (GradientSum sum = new GradientSum(model)) {
                for (long[] document : documents) {
                    NDArray row = manager.create(new long[][] {document});
                    loss = loss.plus(sum.add(new NDList(row), NextTokens.labels(row)));
                }
                expected = gradients(model, sum);
            }
            // The same in two rows: the first two documents and no token at the end; the third.
            long[][] places = new long[2][20];
            long[][] segments = new long[2][20];
            System.arraycopy(ids, 0, places[0], 0, 18);
            Arrays.fill(segments[0], 0, 13, 1);
            Arrays.fill(segments[0], 13, 18, 2);
            System.arraycopy(ids, 18, places[1], 8, 12);
            Arrays.fill(segments[1], 8, 20, 7);
            NDArray packed = manager.create(places);
            NDArray documentsOf = manager.create(segments);
            NDArray labels = NextTokens.labels(packed, documentsOf);
            NDList data = new NDList(packed, documentsOf);
            try (GradientSum sum = new GradientSum(model)) {
                TokenLoss together = sum.add(data, labels);
                assertEquals(27, together.tokens());
                assertEquals(loss.tokens(), together.tokens());
                assertEquals(loss.sum(), together.sum(), 1e-5 * loss.sum());
                assertEquals(loss.sum(), model.loss(data, labels).sum(), 1e-5 * loss.sum());
                gradients(model, sum)
                        .forEach(
                                (path, actual) -> {
                                    double largest = 0;
                                    for (float number : expected.get(path)) {
                                        largest = Math.max(largest, Math.abs(number));
                                    }
                                    Golden.assertClose(
                                            path,
                                            expected.get(path),
                                            actual,
                                            1e-5 * largest + 1e-7);
                                });
            }
        }
    }

    @Test
    void labelsEndWithTheirDocument() {
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray ids = manager.create(new long[][] {{5, 6, 7, 8, 0}, {9, 10, 11, 12, 13}});
            NDArray segments = manager.create(new long[][] {{1, 1, 2, 2, 0}, {1, 1, 1, 1, 1}});
            assertArrayEquals(
                    new long[] {6, -100, 8, -100, -100, 10, 11, 12, 13, -100},
                    NextTokens.labels(ids, segments).toLongArray());
            assertArrayEquals(
                    new long[] {6, 7, 8, 0, -100, 10, 11, 12, 13, -100},
                    NextTokens.labels(ids).toLongArray());
        }
    }

    @Test
    void wrongLabelsAreRefused() throws Exception {
        try (NDManager manager = NDManager.newBaseManager()) {
            CausalLanguageModel model = Tiny.load("gemma1_mqa", manager);
            NDArray ids = manager.create(new long[][] {{5, 6, 7}});
            NDList data = new NDList(ids, manager.create(new long[][] {{1, 1, 0}}));
            assertRefused(
                    "Labels are (1, 3) of int64, as the ids, not (3) of int64.",
                    model,
                    data,
                    manager.create(new long[] {5, 6, 7}));
            assertRefused(
                    "A label stands where there is no token.",
                    model,
                    data,
                    manager.create(new long[][] {{6, 7, 8}}));
            assertRefused(
                    "Ids lie from 0 to 639; found 640.",
                    model,
                    data,
                    manager.create(new long[][] {{6, 640, -100}}));
            NDArray none = manager.create(new long[][] {{-100, -100, -100}});
            try (GradientSum sum = new GradientSum(model)) {
                IllegalArgumentException e =
                        assertThrows(IllegalArgumentException.class, () -> sum.add(data, none));
                assertEquals("No token of the batch has a label.", e.getMessage());
            }
        }
    }

    private static void assertRefused(
            String message, CausalLanguageModel model, NDList data, NDArray labels) {
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> model.loss(data, labels));
        assertEquals(message, e.getMessage());
    }
}
