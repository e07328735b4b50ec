package io.github.lapidary.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.NormalInitializer;
import ai.djl.util.PairList;
import io.github.lapidary.kernel.KernelMethod;
import java.util.List;

/**
 * Token embeddings that are tied to the output: one matrix [V, M] maps ids to scaled vectors, and
 * vectors to logits.
 *
 * <p>Alone it takes ids [...] (int64) to vectors [..., M]. Only the input side is scaled.
 */
public final class TokenEmbedding extends KernelBlock {

    private static final float STANDARD_DEVIATION = 0.02f;

    private final long hiddenSize;
    private final KernelMethod embed;
    private final KernelMethod logits;
    private Packed packed;

    /** The weight in the layout that is multiplied fastest, and the array that it was made from. */
    private record Packed(NDArray source, NDArray array) {}

    /**
     * Makes the block; its weight starts with a standard deviation of 0.02.
     *
     * @param vocabSize V
     * @param hiddenSize M
     * @param scale what vectors are multiplied by
     * @param logitSoftcapping the bound that tanh keeps logits within; 0 for none
     */
    public TokenEmbedding(long vocabSize, long hiddenSize, double scale, double logitSoftcapping) {
        this.hiddenSize = hiddenSize;
        addParameter(
                KernelParameters.weight(
                        "weight",
                        new Shape(vocabSize, hiddenSize),
                        new NormalInitializer(STANDARD_DEVIATION)));
        embed =
                KernelMethod.of("embedding.embed")
                        .tensor("ids")
                        .weights("w", weightGroups())
                        .literal(scale)
                        .build();
        logits =
                KernelMethod.of("embedding.logits")
                        .tensor("x")
                        .weights("w", weightGroups())
                        .literal(logitSoftcapping)
                        .build();
    }

    @Override
    protected List<KernelMethod> methods() {
        return List.of(embed, logits);
    }

    /** Returns the weight [V, M]. */
    public NDArray weight() {
        return getDirectParameters().valueAt(0).getArray();
    }

    /**
     * Lets inference multiply with another layout of the weight, as it is now; vectors are still
     * taken from the weight itself.
     *
     * @param array the packed weight, which belongs to a manager
     */
    public void setPacked(NDArray array) {
        packed = new Packed(weight(), array);
    }

    @Override
    protected List<NDArray> otherLayouts() {
        return packed != null && packed.source == weight() ? List.of(packed.array) : List.of();
    }

    @Override
    public void clear() {
        super.clear();
        if (packed != null) {
            packed.array.close();
            packed = null;
        }
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore store,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        return output(embed(store, single(inputs), training), training);
    }

    /** Returns the vectors of ids [...], which must lie below V: [..., M]. */
    public NDArray embed(ParameterStore store, NDArray ids, boolean training) {
        return apply(embed, store, ids, training);
    }

    /** Returns the logits of vectors [..., M]: [..., V] float32. */
    public NDArray logits(ParameterStore store, NDArray x, boolean training) {
        return apply(logits, store, x, training);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {inputShapes[0].add(hiddenSize)};
    }
}
