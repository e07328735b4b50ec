package io.github.lapidary.nn;

import ai.djl.ndarray.types.Shape;
import ai.djl.training.initializer.Initializer;
import ai.djl.training.initializer.NormalInitializer;
import io.github.lapidary.kernel.KernelMethod;

/**
 * A product with a block-diagonal matrix: each of N blocks of the input times a matrix of its own,
 * {@code y_n = x_n · weight_n + bias_n}, [..., N·I] to [..., N·O].
 *
 * <p>It takes N times fewer products than a full matrix. The gates of the RG-LRU are such products.
 *
 * @see <a href="https://arxiv.org/abs/2402.19427">De et al., Griffin</a>
 */
public final class BlockDiagonalLinear extends SingleKernelBlock {

    private final long outputs;
    private final KernelMethod product;

    /**
     * Makes the block; its weight [N, I, O] starts with a variance of 1 / I, its bias [N, O] at
     * zero.
     *
     * @param blocks N
     * @param inputs I, the inputs of a block
     * @param outputs O, the outputs of a block
     */
    public BlockDiagonalLinear(int blocks, int inputs, int outputs) {
        this.outputs = (long) blocks * outputs;
        addParameter(
                KernelParameters.weight(
                        "weight",
                        new Shape(blocks, inputs, outputs),
                        new NormalInitializer((float) (1 / Math.sqrt(inputs)))));
        addParameter(
                KernelParameters.weight("bias", new Shape(blocks, outputs), Initializer.ZEROS));
        product =
                KernelMethod.of("linear.block_diagonal_alone")
                        .tensor("x")
                        .weights("w", weightGroups())
                        .build();
    }

    @Override
    KernelMethod kernel() {
        return product;
    }

    @Override
    protected boolean isMultiplied() {
        return true;
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        Shape shape = inputShapes[0];
        return new Shape[] {shape.slice(0, shape.dimension() - 1).add(outputs)};
    }
}
