package io.github.lapidary.nn;

import ai.djl.ndarray.types.Shape;
import io.github.lapidary.kernel.KernelMethod;

/**
 * The gated feed-forward network of Gemma, GeGLU: {@code down(gelu(gate x) · up x)}, [..., M] to
 * [..., M].
 *
 * <p>GELU is its tanh form. The three products have biases where configured.
 *
 * @see <a href="https://arxiv.org/abs/2002.05202">Shazeer, GLU Variants Improve Transformer</a>
 */
public final class GatedFeedForward extends SingleKernelBlock {

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
    KernelMethod kernel() {
        return geglu;
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return inputShapes.clone();
    }
}
