package io.github.lapidary.nn;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

class ExpertGateTest extends BlockContract {

    @Override
    protected KernelBlock newBlock() {
        return new ExpertGate(GateConfig.of(6, 5));
    }

    @Override
    protected KernelBlock newBlockOfOtherShape() {
        return new ExpertGate(GateConfig.of(6, 4));
    }

    @Override
    protected NDList inputs(NDManager target) {
        return new NDList(normal(target, new Shape(2, 5, 6)));
    }

    @Override
    protected Shape outputShape() {
        return new Shape(2, 5, 5);
    }

    @Override
    protected String description() {
        return """
               ExpertGate(2 of 5) weight(5, 6)""";
    }
}
