package io.github.lapidary.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import io.github.lapidary.Golden;
import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.model.CausalLanguageModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A checkpoint's model in a manager of its own. */
record LoadedModel(NDManager manager, CausalLanguageModel model) implements AutoCloseable {

    private static final double TOLERANCE = 1e-4;

    static LoadedModel load(Path path, WeightFormat format)
            throws IOException, MalformedModelException {
        return load(path, format, ExpertPlacement.AUTOMATIC);
    }

    static LoadedModel load(Path path, WeightFormat format, ExpertPlacement experts)
            throws IOException, MalformedModelException {
        NDManager manager = NDManager.newBaseManager();
        try {
            return new LoadedModel(
                    manager,
                    CheckpointLoader.load(
                            Checkpoint.open(path),
                            manager,
                            format,
                            experts,
                            ProgressListener.NONE));
        } catch (IOException | MalformedModelException | RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    /** Returns the logits [1, T, V] of ids [1, T]. */
    float[] logits(long... ids) {
        try (NDManager own = manager.newSubManager()) {
            NDArray input = own.create(new long[][] {ids});
            return model.forward(new ParameterStore(own, false), new NDList(input), false)
                    .singletonOrThrow()
                    .toFloatArray();
        }
    }

    /** Compares all weights of two models in float32, bit for bit. */
    void assertSameWeights(LoadedModel other) {
        Map<String, Parameter> others = other.model.parametersByPath();
        assertEquals(others.keySet(), model.parametersByPath().keySet());
        model.parametersByPath()
                .forEach(
                        (path, parameter) ->
                                assertArrayEquals(
                                        others.get(path).getArray().toFloatArray(),
                                        parameter.getArray().toFloatArray(),
                                        path));
    }

    /** Compares the logits of the prompts of a file. */
    void assertGolden(Path file) throws IOException {
        try (Golden golden = new Golden(file)) {
            for (String prompt : List.of("p0", "p1", "p2")) {
                Golden.assertClose(
                        file + " " + prompt,
                        golden.floats(prompt + ".logits"),
                        logits(golden.longs(prompt + ".input_ids")),
                        TOLERANCE);
            }
        }
    }

    @Override
    public void close() {
        manager.close();
    }
}
