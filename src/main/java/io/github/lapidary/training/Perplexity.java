package io.github.lapidary.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.evaluator.Evaluator;

/** The perplexity of labelled tokens, e to the power of their {@link TokenCrossEntropy}. */
public final class Perplexity extends Evaluator {

    private final TokenMeans means = new TokenMeans();

    /** Makes the evaluator. */
    public Perplexity() {
        super("Perplexity");
    }

    @Override
    public NDArray evaluate(NDList labels, NDList predictions) {
        TokenMeans.check(predictions);
        return predictions.head().exp();
    }

    @Override
    public void addAccumulator(String key) {
        means.reset(key);
    }

    @Override
    public void updateAccumulator(String key, NDList labels, NDList predictions) {
        means.add(new String[] {key}, predictions);
    }

    @Override
    public void resetAccumulator(String key) {
        means.reset(key);
    }

    @Override
    public float getAccumulator(String key) {
        return (float) means.get(key).perplexity();
    }
}
