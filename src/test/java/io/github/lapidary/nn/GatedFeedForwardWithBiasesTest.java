package io.github.lapidary.nn;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

class GatedFeedForwardWithBiasesTest extends BlockContract {

    @Override
    protected KernelBlock newBlock() {
        return GatedFeedForward.withBiases(6, 8);
    }

    @Override
    protected KernelBlock newBlockOfOtherShape() {
        return GatedFeedForward.withBiases(6, 10);
    }

    @Override
    protected NDList inputs(NDManager target) {
        return new NDList(normal(target, new Shape(2, 4, 6)));
    }

    @Override
    protected Shape outputShape() {
        return new Shape(2, 4, 6);
    }

    @Override
    protected String description() {
        return """
               GatedFeedForward
                   gate_proj: Linear weight(8, 6) bias(8)
                   up_proj: Linear weight(8, 6) bias(8)
                   down_proj: Linear weight(6, 8) bias(6)""";
    }
}
