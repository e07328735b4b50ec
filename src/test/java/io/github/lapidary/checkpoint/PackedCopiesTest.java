package io.github.lapidary.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Parameter;
import io.github.lapidary.Golden;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.nn.KernelParameters;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Copies of float32 matrices in other layouts, which are multiplied with in their stead. */
class PackedCopiesTest {

    private static final long[] IDS = {2, 5, 300, 7, 8, 9, 10};
    private static final int MATRICES = 4 * 5; // of four layers

    @TempDir private Path folder;

    private static void forEachMatrix(LoadedModel loaded, Consumer<Parameter> consumer) {
        loaded.model()
                .parametersByPath()
                .forEach(
                        (path, parameter) -> {
                            if (path.contains("_proj")) {
                                consumer.accept(parameter);
                            }
                        });
    }

    private static int arrays(LoadedModel loaded) {
        return loaded.manager().getManagedArrays().size();
    }

    /** Arrays of their own have no copies, so the second model is the plain one. */
    @Test
    void theyCountUntilAMatrixChangesInPlaceOrIsReplaced() throws Exception {
        Path path = new TinyFolder("gemma2").write(folder.resolve("model"));
        try (LoadedModel loaded = LoadedModel.load(path, WeightFormat.FLOAT32);
                LoadedModel plain = LoadedModel.load(path, WeightFormat.FLOAT32)) {
            forEachMatrix(
                    plain,
                    parameter ->
                            KernelParameters.replace(parameter, parameter.getArray().duplicate()));
            float[] before = loaded.logits(IDS);
            Golden.assertClose("packed", plain.logits(IDS), before, 1e-4);

            forEachMatrix(loaded, parameter -> parameter.getArray().muli(1.25));
            forEachMatrix(plain, parameter -> parameter.getArray().muli(1.25));
            float[] after = loaded.logits(IDS);
            Golden.assertClose("changed", plain.logits(IDS), after, 1e-4);
            double moved = 0;
            for (int i = 0; i < after.length; i++) {
                moved = Math.max(moved, Math.abs(after[i] - before[i]));
            }
            assertTrue(moved > 0.1, "the change shows: " + moved);
        }
    }

    @Test
    void trainingFreesThem() throws Exception {
        Path path = new TinyFolder("gemma2").write(folder.resolve("model"));
        try (LoadedModel loaded = LoadedModel.load(path, WeightFormat.FLOAT32)) {
            float[] before = loaded.logits(IDS);
            assertEquals(loaded.model().parametersByPath().size() + 2 * MATRICES, arrays(loaded));
            int first = addGradients(loaded);
            int second = addGradients(loaded);
            assertEquals(second - 2 * MATRICES, first, "the first frees them");
            Golden.assertClose("plain", before, loaded.logits(IDS), 1e-4);
        }
    }

    /** Returns how many more arrays the manager has after it. */
    private static int addGradients(LoadedModel loaded) {
        int before = arrays(loaded);
        Map<String, Parameter> parameters = loaded.model().parametersByPath();
        parameters.values().forEach(parameter -> parameter.freeze(false));
        NDArray ids = loaded.manager().create(new long[][] {{2, 5, 7, 9}});
        NDArray labels = loaded.manager().create(new long[][] {{5, 7, 9, 11}});
        loaded.model()
                .addGradients(
                        new NDList(ids),
                        labels,
                        parameter -> loaded.manager().zeros(parameter.getShape()));
        return arrays(loaded) - before;
    }
}
