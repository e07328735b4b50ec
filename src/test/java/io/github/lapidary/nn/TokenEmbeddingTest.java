package io.github.lapidary.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenEmbeddingTest extends BlockContract {

    @Override
    protected KernelBlock newBlock() {
        return new TokenEmbedding(9, 4, 3, 0);
    }

    @Override
    protected KernelBlock newBlockOfOtherShape() {
        return new TokenEmbedding(8, 4, 3, 0);
    }

    @Override
    protected NDList inputs(NDManager target) {
        return new NDList(target.create(new long[] {3, 0, 8, 3, 1, 3}, new Shape(2, 3)));
    }

    @Override
    protected Shape outputShape() {
        return new Shape(2, 3, 4);
    }

    @Override
    protected String description() {
        return "TokenEmbedding weight(9, 4)";
    }

    @Test
    void newVectorsHaveADeviationOfOne() {
        try (NDManager manager = NDManager.newBaseManager()) {
            TokenEmbedding embedding = new TokenEmbedding(1000, 64, 8, 0);
            embedding.initialize(manager, DataType.FLOAT32, new Shape(1));
            NDArray ids = manager.arange(0, 1000, 1, DataType.INT64);
            NDArray vectors = embedding.embed(new ParameterStore(manager, false), ids, false);
            assertEquals(1, vectors.square().mean().sqrt().getFloat(), 0.02);
        }
    }

    /** Only the input side is scaled, and only the output side is capped. */
    @ParameterizedTest
    @ValueSource(doubles = {0, 3, 30})
    void scalesVectorsAndCapsLogits(double cap) {
        try (NDManager manager = NDManager.newBaseManager()) {
            TokenEmbedding embedding = new TokenEmbedding(3, 2, 5, cap);
            embedding.initialize(manager, DataType.FLOAT32, new Shape(1));
            float[] weight = {1, 2, 30, -4, 0.5f, 100};
            manager.create(weight, new Shape(3, 2))
                    .copyTo(embedding.parametersByPath().get("weight").getArray());
            ParameterStore store = new ParameterStore(manager, false);
            NDArray ids = manager.create(new long[] {2, 1});
            NDArray vectors = embedding.embed(store, ids, false);
            float[] x = {2.5f, 500, 150, -20};
            NDArray logits = embedding.logits(store, vectors, false);
            for (int i = 0; i < x.length; i++) {
                assertEquals(x[i], vectors.toFloatArray()[i]);
            }
            for (int row = 0; row < 2; row++) {
                for (int id = 0; id < 3; id++) {
                    double y =
                            (double) x[2 * row] * weight[2 * id]
                                    + (double) x[2 * row + 1] * weight[2 * id + 1];
                    double expected = cap == 0 ? y : cap * Math.tanh(y / cap);
                    assertEquals(
                            expected,
                            logits.toFloatArray()[3 * row + id],
                            1e-6 * Math.abs(expected));
                }
            }
        }
    }
}
