package io.github.lapidary.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.NormalInitializer;
import ai.djl.util.PairList;
import io.github.lapidary.config.GlamConfig.ExpertActivation;
import io.github.lapidary.kernel.KernelMethod;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * E feed-forward networks of the same shape: {@code wo · activation(wi · x)}, or gated {@code wo ·
 * (activation(wg · x) · wi · x)}.
 *
 * <p>Each kind of matrix is one parameter: wi and wg [E, F, M], wo [E, M, F]. Alone, each takes
 * rows of its own, [E, R, M] to [E, R, M].
 */
public final class Experts extends KernelBlock {

    private static final float STANDARD_DEVIATION = 0.02f;

    private final int numExperts;
    private final ExpertActivation activation;
    private final boolean gated;
    private final KernelMethod every;
    private final List<Parameter> matrices = new ArrayList<>(); // wi, if gated wg, and wo
    private Packed packed;

    /** The matrices one by one, and the arrays that they were made from. */
    private record Packed(List<NDArray> sources, List<NDArray> arrays) {}

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
        NormalInitializer initializer = new NormalInitializer(STANDARD_DEVIATION);
        matrices.add(addParameter(KernelParameters.weight(name, shape, initializer)));
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
        int count = matrices.size() * numExperts;
        if (arrays.size() != count) {
            throw new IllegalArgumentException(
                    "These experts have " + count + " matrices, not " + arrays.size() + ".");
        }
        packed =
                new Packed(
                        matrices.stream().map(Parameter::getArray).toList(), List.copyOf(arrays));
    }

    @Override
    protected List<NDArray> otherLayouts() {
        return packed != null && isCurrent() ? packed.arrays : List.of();
    }

    private boolean isCurrent() {
        for (int i = 0; i < matrices.size(); i++) {
            if (matrices.get(i).getArray() != packed.sources.get(i)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void clear() {
        super.clear();
        if (packed != null) {
            packed.arrays.forEach(NDArray::close);
            packed = null;
        }
    }

    @Override
    protected List<KernelMethod> methods() {
        return List.of(every);
    }

    @Override
    protected boolean isMultiplied() {
        return true;
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore store,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        return output(apply(every, store, single(inputs), training), training);
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
