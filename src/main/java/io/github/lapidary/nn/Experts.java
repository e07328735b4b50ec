package io.github.lapidary.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.config.GlamConfig.ExpertActivation;
import io.github.lapidary.kernel.KernelMethod;
import java.util.List;
import java.util.Optional;

/**
 * E feed-forward networks of the same shape: {@code wo · activation(wi · x)}, or gated {@code wo ·
 * (activation(wg · x) · wi · x)}.
 *
 * <p>Each kind of matrix is one parameter: wi and wg [E, F, M], wo [E, M, F]. Alone, each takes
 * rows of its own, [E, R, M] to [E, R, M].
 */
public final class Experts extends SingleKernelBlock {

    private final int numExperts;
    private final ExpertActivation activation;
    private final boolean gated;
    private final KernelMethod every;

    /**
     * Makes the block; its weights start with a standard deviation of 0.02.
     *
     * @param numExperts E
     * @param hiddenSize M
     * @param intermediateSize F
     * @param activation what is applied to wi · x, or if gated to wg · x
     */
    public Experts(
            int numExperts,
            int hiddenSize,
            int intermediateSize,
            ExpertActivation activation,
            boolean gated) {
        this.numExperts = numExperts;
        this.activation = activation;
        this.gated = gated;
        Shape in = new Shape(numExperts, intermediateSize, hiddenSize);
        add("wi", in);
        if (gated) {
            add("wg", in);
        }
        add("wo", new Shape(numExperts, hiddenSize, intermediateSize));
        every =
                numbers(
                                KernelMethod.of("experts.every_alone")
                                        .tensor("x")
                                        .weights("w", weightGroups()))
                        .build();
    }

    private void add(String name, Shape shape) {
        addParameter(KernelParameters.normal(name, shape));
    }

    /** Adds to a description the numbers that kernels of experts take. */
    KernelMethod.Builder numbers(KernelMethod.Builder method) {
        return method.literal(activation.jsonName()).literal(gated);
    }

    /**
     * Lets inference multiply with the matrices one by one, each in a layout of its own, as they
     * are now.
     *
     * @param arrays those of wi of each expert, if gated of wg, then of wo; they belong to a
     *     manager
     * @throws IllegalArgumentException if there are not as many as that
     */
    public void setPacked(List<NDArray> arrays) {
        int count = (gated ? 3 : 2) * numExperts;
        if (arrays.size() != count) {
            throw new IllegalArgumentException(
                    "These experts have " + count + " matrices, not " + arrays.size() + ".");
        }
        setOtherLayouts(arrays);
    }

    @Override
    KernelMethod kernel() {
        return every;
    }

    @Override
    protected boolean isMultiplied() {
        return true;
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return inputShapes.clone();
    }

    @Override
    protected Optional<String> describeDetails() {
        return Optional.of(numExperts + (gated ? " gated, " : ", ") + activation.jsonName());
    }
}
