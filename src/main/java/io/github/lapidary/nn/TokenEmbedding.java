package io.github.lapidary.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.kernel.Weights;
import java.util.List;
import java.util.Optional;

/**
 * Token embeddings that are tied to the output: one matrix [V, M] maps ids to scaled vectors, and
 * vectors to logits.
 *
 * <p>Alone it takes ids [...] (int64) to vectors [..., M].
 */
public final class TokenEmbedding extends KernelBlock {

    private final long hiddenSize;
    private final KernelMethod embed;
    private final KernelMethod logits;
    private final KernelMethod likely;
    private final KernelMethod losses;
    private final KernelMethod lossGradients;
    private final KernelMethod addGradient;
    private TokenScreen screen; // or null

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
        this(
                KernelParameters.normal(
                        "weight", new Shape(vocabSize, hiddenSize), (float) (1 / scale)),
                scale,
                1,
                logitSoftcapping);
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
        this(
                KernelParameters.normal("weight", new Shape(vocabSize, hiddenSize)),
                scale,
                outputScale,
                logitSoftcapping);
    }

    private TokenEmbedding(
            Parameter weight, double scale, double outputScale, double logitSoftcapping) {
        hiddenSize = weight.getShape().get(1);
        addParameter(weight);
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
        likely =
                KernelMethod.of("screen.likely")
                        .tensor("x")
                        .weights("w", weightGroups())
                        .integers("k")
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
        return List.of(
                embed,
                logits,
                likely,
                losses,
                lossGradients,
                addGradient,
                TokenScreen.UNITS,
                TokenScreen.COUNTED);
    }

    /** Returns the weight [V, M]. */
    public NDArray weight() {
        return getDirectParameters().valueAt(0).getArray();
    }

    /**
     * Lets {@link #likely} make a copy of the weight in eight bits, which saves most of its work.
     * Nobody may change the weight's array from now on; if it is replaced, the copy is of no use
     * and freed.
     */
    public synchronized void screen() {
        closeScreen();
        screen = new TokenScreen(weight());
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
     * Returns the tokens that may be among the likeliest, with their logits: the k likeliest of
     * each row, all that equal the last of these, and maybe others.
     *
     * <p>A copy of the weight in eight bits tells each logit to within a bound, by the 1-norm of a
     * row and half a step of that copy; logits are computed where the bound leaves a doubt.
     *
     * @param x vectors [R, M]
     * @return [n, 3] float64, row by row, by rising id: the row, the id, the logit; none of a row
     *     whose logits are not finite
     */
    public NDArray likely(NDArray x, int k) {
        Weights weights = screened().orElseGet(() -> weights(null, x.getDevice(), false));
        return call(likely).tensor(x).weights(weights).integers(k).run(x.getManager());
    }

    private synchronized Optional<Weights> screened() {
        if (screen != null && !screen.isOf(weight())) {
            closeScreen();
        }
        return Optional.ofNullable(screen).flatMap(own -> own.grown(kernels()));
    }

    /** Returns whether there is a copy of the weight in eight bits by now. */
    synchronized boolean isScreened() {
        return screen != null && screen.isGrown();
    }

    private void closeScreen() {
        if (screen != null) {
            screen.close();
            screen = null;
        }
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
    public synchronized void clear() {
        closeScreen();
        super.clear();
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {inputShapes[0].add(hiddenSize)};
    }
}
