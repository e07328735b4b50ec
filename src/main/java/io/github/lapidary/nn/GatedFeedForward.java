package io.github.lapidary.nn;

import ai.djl.ndarray.NDArray;
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
 * <p>GELU is its tanh form.
 *
 * @see <a href="https://arxiv.org/abs/2002.05202">Shazeer, GLU Variants Improve Transformer</a>
 */
public final class GatedFeedForward extends KernelBlock {

    private final KernelMethod geglu;

    /**
     * Makes the block.
     *
     * @param hiddenSize M, the width of input and output
     * @param intermediateSize the inner width
     */
    public GatedFeedForward(int hiddenSize, int intermediateSize) {
        addChildBlock("gate_proj", new Linear(hiddenSize, (long) intermediateSize));
        addChildBlock("up_proj", new Linear(hiddenSize, (long) intermediateSize));
        addChildBlock("down_proj", new Linear(intermediateSize, (long) hiddenSize));
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
        NDArray x = single(inputs);
        return output(
                run(
                        call(geglu).tensor(x).weights(weights(store, x.getDevice(), training)),
                        x.getManager(),
                        training),
                training);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return inputShapes.clone();
    }
}
