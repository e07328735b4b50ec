package io.github.lapidary.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.initializer.Initializer;
import io.github.lapidary.kernel.KernelMethod;
import java.util.List;

/**
 * A product with a matrix: {@code y = x · weightᵀ}, and where configured {@code + bias}, [..., I]
 * to [..., O].
 *
 * <p>Unlike DJL's block of this name its weight may be held in any {@link
 * io.github.lapidary.kernel.format.WeightFormat}.
 */
public final class Linear extends SingleKernelBlock {

    private final List<Long> parts;
    private final KernelMethod project;

    /**
     * Makes the block without a bias; its weight starts with a standard deviation of 0.02.
     *
     * @param inputs I, the last dimension of the input
     * @param parts the parts of O, the last dimension of the output, where several products with
     *     the same input are one matrix
     */
    public Linear(long inputs, Long... parts) {
        this(false, inputs, List.of(parts));
    }

    /** Makes the block with a bias, which starts at zero; otherwise as the constructor does. */
    public static Linear withBias(long inputs, Long... parts) {
        return new Linear(true, inputs, List.of(parts));
    }

    private Linear(boolean bias, long inputs, List<Long> parts) {
        this.parts = parts;
        addParameter(KernelParameters.normal("weight", new Shape(outputs(), inputs)));
        if (bias) {
            addParameter(KernelParameters.weight("bias", new Shape(outputs()), Initializer.ZEROS));
        }
        project =
                KernelMethod.of("linear.project_alone")
                        .tensor("x")
                        .weights("w", weightGroups())
                        .build();
    }

    /** Returns the rows of each part of the weight, from the top. */
    public List<Long> parts() {
        return parts;
    }

    /**
     * Lets inference multiply with a copy of the weight in another layout, until the weight changes
     * or is trained.
     *
     * @param packed the copy; with the version it belongs to a manager
     * @param version that of the weight that it was made of
     */
    public void setPacked(NDArray packed, NDArray version) {
        setOtherLayouts(List.of(packed, version));
    }

    /** Returns the weight, [O, I]. */
    public NDArray weight() {
        return getDirectParameters().get("weight").getArray();
    }

    private long outputs() {
        return parts.stream().mapToLong(Long::longValue).sum();
    }

    @Override
    KernelMethod kernel() {
        return project;
    }

    @Override
    protected boolean isMultiplied() {
        return true;
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        Shape shape = inputShapes[0];
        return new Shape[] {shape.slice(0, shape.dimension() - 1).add(outputs())};
    }
}
