package io.github.lapidary.nn;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

class GatedFeedForwardTest extends BlockContract {

    @Override
    protected KernelBlock newBlock() {
        return new GatedFeedForward(6, 10);
    }

    @Override
    protected KernelBlock newBlockOfOtherShape() {
        return new GatedFeedForward(6, 12);
    }

    @Override
    protected NDList inputs(NDManager target) {
        return new NDList(normal(target, new Shape(2, 3, 6)));
    }

    @Override
    protected Shape outputShape() {
        return new Shape(2, 3, 6);
    }

    @Override
    protected String description() {
        return """
               GatedFeedForward
                   gate_proj: Linear weight(10, 6)
                   up_proj: Linear weight(10, 6)
                   down_proj: Linear weight(6, 10)""";
    }
}
