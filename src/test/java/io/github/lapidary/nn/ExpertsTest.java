package io.github.lapidary.nn;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.config.GlamConfig.ExpertActivation;

class ExpertsTest extends BlockContract {

    @Override
    protected KernelBlock newBlock() {
        return new Experts(3, 6, 8, ExpertActivation.SILU, true);
    }

    @Override
    protected KernelBlock newBlockOfOtherShape() {
        return new Experts(3, 6, 7, ExpertActivation.SILU, true);
    }

    @Override
    protected NDList inputs(NDManager target) {
        return new NDList(normal(target, new Shape(3, 5, 6)));
    }

    @Override
    protected Shape outputShape() {
        return new Shape(3, 5, 6);
    }

    @Override
    protected String description() {
        return """
               Experts(3 gated, silu) wi(3, 8, 6) wg(3, 8, 6) wo(3, 6, 8)""";
    }
}
