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
 * <p>Alone it takes ids [...] (int64) to vectors [..., M].
 */
public final class TokenEmbedding extends KernelBlock {

    private static final float STANDARD_DEVIATION = 0.02f;

    private final long hiddenSize;
    private final KernelMethod embed;
    private final KernelMethod logits;
    private final KernelMethod losses;
    private final KernelMethod lossGradients;
    private final KernelMethod addGradient;
    private Packed packed;

    /** The weight in the layout that is multiplied fastest, and the array that it was made from. */
    private record Packed(NDArray source, NDArray array) {}

    /**
     * Makes the block; its weight starts with the standard deviation 1 / scale, so that vectors
     * start with 1. With less, what layers add hides the tokens from one another, and a new model
     * learns more slowly.
     *
     * @param vocabSize V
     * @param hiddenSize M
     * @param scale what vectors are multiplied by
     * @param logitSoftcapping the bound that tanh keeps logits within; 0 for none
     */
    public TokenEmbedding(long vocabSize, long hiddenSize, double scale, double logitSoftcapping) {
        this(vocabSize, hiddenSize, scale, 1, logitSoftcapping, (float) (1 / scale));
    }

    /**
     * Makes the block; its weight starts with a standard deviation of 0.02. Otherwise as the other
     * constructor does.
     *
     * @param outputScale what rows are multiplied by before their logits are made
     */
    public TokenEmbedding(
            long vocabSize,
            long hiddenSize,
            double scale,
            double outputScale,
            double logitSoftcapping) {
        this(vocabSize, hiddenSize, scale, outputScale, logitSoftcapping, STANDARD_DEVIATION);
    }

    private TokenEmbedding(
            long vocabSize,
            long hiddenSize,
            double scale,
            double outputScale,
            double logitSoftcapping,
            float standardDeviation) {
        this.hiddenSize = hiddenSize;
        addParameter(
                KernelParameters.weight(
                        "weight",
                        new Shape(vocabSize, hiddenSize),
                        new NormalInitializer(standardDeviation)));
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
                        .literal(outputScale)
                        .literal(logitSoftcapping)
                        .build();
        losses =
                KernelMethod.of("loss.cross_entropy")
                        .tensor("x")
                        .weights("w", weightGroups())
                        .tensor("labels")
                        .literal(outputScale)
                        .literal(logitSoftcapping)
                        .build();
        lossGradients =
                KernelMethod.of("loss.gradients")
                        .tensor("x")
                        .weights("w", weightGroups())
                        .tensor("labels")
                        .tensor("g")
                        .tensor("numbers")
                        .tensor("losses")
                        .literal(outputScale)
                        .literal(logitSoftcapping)
                        .build();
        addGradient =
                KernelMethod.of("embedding.add_gradient")
                        .tensor("ids")
                        .tensor("dy")
                        .tensor("g")
                        .literal(scale)
                        .build();
    }

    @Override
    protected List<KernelMethod> methods() {
        return List.of(embed, logits, losses, lossGradients, addGradient);
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
    protected boolean isMultiplied() {
        return true;
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

    /**
     * Returns the cross-entropies of labels, without ever holding all logits of a row.
     *
     * @param x vectors [R, M]
     * @param labels ids [R], or -100 where a row counts for nothing
     * @return −log of the probability of each label, [R] float32; 0 where none counts
     */
    public NDArray losses(ParameterStore store, NDArray x, NDArray labels, boolean training) {
        return run(
                call(losses)
                        .tensor(x)
                        .weights(weights(store, x.getDevice(), training))
                        .tensor(labels),
                x.getManager(),
                training);
    }

    /**
     * Computes {@link #losses} and the gradients of the sum of {@code loss + z · l²}, where l is
     * the logarithm of the sum of the exponentials of a row's logits.
     *
     * @param numbers what the sum is multiplied by, and z, [2]
     * @param losses filled with the cross-entropies and l, not multiplied, [2, R] zeros
     * @return the gradient of x; that of the weight is added to the store's sum
     */
    public NDArray lossGradients(
            TrainingStore store, NDArray x, NDArray labels, NDArray numbers, NDArray losses) {
        return call(lossGradients)
                .tensor(x)
                .weights(weights(store, x.getDevice(), true))
                .tensor(labels)
                .tensor(sums(store).get(0))
                .tensor(numbers)
                .tensor(losses)
                .withoutGraph(x.getManager());
    }

    /** Adds the gradient of the weight, given dy, that of the vectors of ids [R]. */
    public void addGradient(TrainingStore store, NDArray ids, NDArray dy) {
        if (getDirectParameters().valueAt(0).requiresGradient()) {
            call(addGradient)
                    .tensor(ids)
                    .tensor(dy)
                    .tensor(sums(store).get(0))
                    .withoutGraph(dy.getManager())
                    .close();
        }
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {inputShapes[0].add(hiddenSize)};
    }
}
