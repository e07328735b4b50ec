package io.github.lapidary.nn;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

class RmsNormPlainTest extends BlockContract {

    @Override
    protected KernelBlock newBlock() {
        return RmsNorm.plain(6, 1e-6);
    }

    @Override
    protected KernelBlock newBlockOfOtherShape() {
        return RmsNorm.plain(5, 1e-6);
    }

    @Override
    protected NDList inputs(NDManager target) {
        return new NDList(normal(target, new Shape(2, 5, 6)));
    }

    @Override
    protected Shape outputShape() {
        return new Shape(2, 5, 6);
    }

    @Override
    protected String description() {
        return """
               RmsNorm weight(6)""";
    }
}
