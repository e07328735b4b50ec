package io.github.lapidary.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.loss.Loss;

/**
 * The loss that a {@link io.github.lapidary.model.CausalLanguageModel} itself makes of labels: the
 * mean over the labelled tokens of −log of the probability of each, in nats.
 *
 * <p>Over several batches each token weighs the same.
 */
public final class TokenCrossEntropy extends Loss {

    private final TokenMeans means = new TokenMeans();

    /** Makes the loss. */
    public TokenCrossEntropy() {
        super("CrossEntropy");
    }

    @Override
    public NDArray evaluate(NDList labels, NDList predictions) {
        TokenMeans.check(predictions);
        return predictions.head();
    }

    @Override
    public void addAccumulator(String key) {
        means.reset(key);
    }

    @Override
    public void updateAccumulators(String[] keys, NDList labels, NDList predictions) {
        means.add(keys, predictions);
    }

    @Override
    public void resetAccumulator(String key) {
        means.reset(key);
    }

    @Override
    public float getAccumulator(String key) {
        return (float) means.get(key).mean();
    }
}
