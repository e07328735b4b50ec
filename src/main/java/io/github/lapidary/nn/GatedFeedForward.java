package io.github.lapidary.nn;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import io.github.lapidary.kernel.KernelMethod;
import java.util.List;

/**
 * The gated feed-forward network of Gemma, GeGLU: {@code down(gelu(gate x) · up x)}, [..., M] to
 * [..., M].
 *
 * <p>GELU is its tanh form. The three products have biases where configured.
 *
 * @see <a href="https://arxiv.org/abs/2002.05202">Shazeer, GLU Variants Improve Transformer</a>
 */
public final class GatedFeedForward extends KernelBlock {

    private final KernelMethod geglu;

    /**
     * Makes the block without biases.
     *
     * @param hiddenSize M, the width of input and output
     * @param intermediateSize the inner width
     */
    public GatedFeedForward(int hiddenSize, int intermediateSize) {
        this(
                new Linear(hiddenSize, (long) intermediateSize),
                new Linear(hiddenSize, (long) intermediateSize),
                new Linear(intermediateSize, (long) hiddenSize));
    }

    /** Makes the block with biases; otherwise as the constructor does. */
    public static GatedFeedForward withBiases(int hiddenSize, int intermediateSize) {
        return new GatedFeedForward(
                Linear.withBias(hiddenSize, (long) intermediateSize),
                Linear.withBias(hiddenSize, (long) intermediateSize),
                Linear.withBias(intermediateSize, (long) hiddenSize));
    }

    private GatedFeedForward(Linear gate, Linear up, Linear down) {
        addChildBlock("gate_proj", gate);
        addChildBlock("up_proj", up);
        addChildBlock("down_proj", down);
        geglu =
                KernelMethod.of("feed_forward.geglu_alone")
                        .tensor("x")
                        .weights("w", weightGroups())
                        .build();
    }

    @Override
    protected List<KernelMethod> methods() {
        return List.of(geglu);
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore store,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        return output(apply(geglu, store, single(inputs), training), training);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return inputShapes.clone();
    }
}
