package io.github.lapidary.generation;

import java.util.random.RandomGenerator;

/**
 * Chooses the next token from its logits.
 *
 * <p>A sampler may keep scratch memory from token to token: it belongs to one generation and is not
 * safe for use by several threads.
 */
@FunctionalInterface
public interface Sampler {

    /**
     * Returns the id of the chosen token.
     *
     * @param logits one number for each token of the vocabulary, finite or negative infinity; not
     *     changed
     * @param random where a sampler that draws takes its numbers from
     * @throws ArithmeticException if a logit is NaN or positive infinity, or none is finite
     */
    int sample(float[] logits, RandomGenerator random);

    /** Returns the sampler that takes the likeliest token, the lowest id among equals. */
    static Sampler greedy() {
        return (logits, random) -> Peak.of(logits).id();
    }

    /** Returns the sampler that the options' temperature, topK, topP and minP describe. */
    static Sampler of(GenerationOptions options) {
        return options.isGreedy()
                ? greedy()
                : new MultinomialSampler(
                        options.temperature(), options.topK(), options.topP(), options.minP());
    }
}
