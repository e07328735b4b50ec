package io.github.lapidary.nn;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

class LinearWithBiasTest extends BlockContract {

    @Override
    protected KernelBlock newBlock() {
        return Linear.withBias(6, 3L, 2L);
    }

    @Override
    protected KernelBlock newBlockOfOtherShape() {
        return Linear.withBias(6, 6L);
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
        return "Linear weight(5, 6) bias(5)";
    }
}
