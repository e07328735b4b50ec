package io.github.lapidary.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import org.junit.jupiter.api.Test;

class LinearTest extends BlockContract {

    @Override
    protected KernelBlock newBlock() {
        return new Linear(6, 3L, 1L, 1L);
    }

    @Override
    protected KernelBlock newBlockOfOtherShape() {
        return new Linear(6, 6L);
    }

    @Override
    protected NDList inputs(NDManager target) {
        return new NDList(normal(target, new Shape(2, 4, 6)));
    }

    @Override
    protected Shape outputShape() {
        return new Shape(2, 4, 5);
    }

    @Override
    protected String description() {
        return "Linear weight(5, 6)";
    }

    @Test
    void isTheProductWithTheTransposedWeight() {
        try (NDManager manager = NDManager.newBaseManager()) {
            Linear linear = new Linear(2, 3L);
            linear.initialize(manager, DataType.FLOAT32, new Shape(1, 2));
            manager.create(new float[] {1, 2, 3, 4, 5, 6}, new Shape(3, 2))
                    .copyTo(linear.parametersByPath().get("weight").getArray());
            ParameterStore store = new ParameterStore(manager, false);
            assertArrayEquals(
                    new float[] {12, 16, 20},
                    linear.forward(
                                    store,
                                    new NDList(
                                            manager.create(new float[] {-8, 10}, new Shape(1, 2))),
                                    false)
                            .head()
                            .toFloatArray());
        }
    }
}
