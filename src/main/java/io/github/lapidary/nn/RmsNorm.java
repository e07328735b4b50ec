package io.github.lapidary.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import io.github.lapidary.kernel.KernelMethod;

/**
 * Root mean square layer normalisation.
 *
 * <p>{@code y = x · rsqrt(mean(x²) + eps) · factors}, computed in float32; [..., M] to [..., M]. In
 * Gemma's form the factors are {@code 1 + weight}, in the plain form they are the weight.
 *
 * @see <a href="https://arxiv.org/abs/1910.07467">Zhang and Sennrich, Root Mean Square Layer
 *     Normalization</a>
 */
public final class RmsNorm extends SingleKernelBlock {

    private final KernelMethod norm;

    /**
     * Makes the block in Gemma's form; its weight starts at zero, so that it scales by one.
     *
     * @param size M, the last dimension
     * @param eps what is added to the mean square
     */
    public RmsNorm(int size, double eps) {
        this(size, eps, Initializer.ZEROS, "norm.rms_norm_alone");
    }

    /** Makes the block in the plain form; its weight starts at one. */
    public static RmsNorm plain(int size, double eps) {
        return new RmsNorm(size, eps, Initializer.ONES, "norm.plain_rms_norm_alone");
    }

    private RmsNorm(int size, double eps, Initializer initializer, String function) {
        addParameter(KernelParameters.weight("weight", new Shape(size), initializer));
        norm =
                KernelMethod.of(function)
                        .tensor("x")
                        .weights("w", weightGroups())
                        .literal(eps)
                        .build();
    }

    @Override
    KernelMethod kernel() {
        return norm;
    }

    /** Returns the normalised array, in the manager of the one given. */
    public NDArray forward(ParameterStore store, NDArray x, boolean training) {
        return apply(norm, store, x, training);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return inputShapes.clone();
    }
}
