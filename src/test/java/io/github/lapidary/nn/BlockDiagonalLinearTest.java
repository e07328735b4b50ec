package io.github.lapidary.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import org.junit.jupiter.api.Test;

class BlockDiagonalLinearTest extends BlockContract {

    @Override
    protected KernelBlock newBlock() {
        return new BlockDiagonalLinear(3, 2, 4);
    }

    @Override
    protected KernelBlock newBlockOfOtherShape() {
        return new BlockDiagonalLinear(2, 3, 4);
    }

    @Override
    protected Shape outputShape() {
        return new Shape(2, 5, 12);
    }

    @Override
    protected String description() {
        return "BlockDiagonalLinear weight(3, 2, 4) bias(3, 4)";
    }

    @Test
    void multipliesEachBlockWithItsMatrix() {
        try (NDManager manager = NDManager.newBaseManager()) {
            BlockDiagonalLinear block = new BlockDiagonalLinear(2, 2, 1);
            block.initialize(manager, DataType.FLOAT32, new Shape(1, 4));
            manager.create(new float[] {1, 2, 3, 4}, new Shape(2, 2, 1))
                    .copyTo(block.parametersByPath().get("weight").getArray());
            manager.create(new float[] {100, 200}, new Shape(2, 1))
                    .copyTo(block.parametersByPath().get("bias").getArray());
            NDList x = new NDList(manager.create(new float[] {1, 10, -1, 10}, new Shape(1, 4)));
            assertArrayEquals(
                    new float[] {100 + 1 + 20, 200 - 3 + 40},
                    block.forward(new ParameterStore(manager, false), x, false)
                            .head()
                            .toFloatArray());
        }
    }
}
