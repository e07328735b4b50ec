package io.github.lapidary.generation;

import io.github.lapidary.model.Shortlist;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Turns logits into tokens for one generation: penalties, sampler, random source,
 * log-probabilities.
 *
 * <p>Sequences that are generated together have one each, so each chooses as it would alone.
 */
final class TokenChooser {

    /** Of more than so many it is faster to know all. */
    private static final int MOST_LISTED = 1024;

    private final Penalties penalties;
    private final Sampler sampler;
    private final boolean greedy;
    private final int topK;
    private final RandomGenerator random;
    private final OptionalInt topLogprobs;
    private final int vocabularySize;

    /**
     * A chosen token.
     *
     * @param id the token
     * @param logProbabilities how likely the model held it, if the options ask
     */
    record Choice(int id, Optional<LogProbabilities> logProbabilities) {}

    /**
     * Starts with the prompt.
     *
     * @throws IllegalArgumentException if prompt or options name a token outside the vocabulary
     */
    TokenChooser(GenerationOptions options, int[] prompt, int vocabularySize) {
        penalties = new Penalties(options, prompt, vocabularySize);
        sampler = Sampler.of(options);
        greedy = options.isGreedy();
        topK = options.topK();
        // The same numbers for the same seed in every JVM, from java.base alone.
        random =
                options.seed().isPresent()
                        ? new SplittableRandom(options.seed().getAsLong())
                        : new SplittableRandom();
        topLogprobs = options.topLogprobs();
        this.vocabularySize = vocabularySize;
    }

    /**
     * Chooses the next token and remembers it.
     *
     * @param logits the model's logits for this step, one a token of the vocabulary; not changed
     * @throws ArithmeticException if a logit is NaN or positive infinity, or none is finite
     */
    Choice next(float[] logits) {
        if (logits.length != vocabularySize) {
            throw new IllegalArgumentException(
                    "Expected " + vocabularySize + " logits; found " + logits.length + ".");
        }
        int id = sampler.sample(penalties.apply(logits), random);
        penalties.count(id);
        Optional<LogProbabilities> logProbabilities = Optional.empty();
        if (topLogprobs.isPresent()) {
            logProbabilities = Optional.of(LogProbabilities.of(logits, id, topLogprobs.getAsInt()));
        }
        return new Choice(id, logProbabilities);
    }

    /** Returns how many of the likeliest tokens a choice needs to know; 0 for all. */
    int needed() {
        if (penalties.change() || topLogprobs.isPresent()) {
            return 0;
        }
        return greedy ? 1 : topK <= MOST_LISTED ? topK : 0;
    }

    /**
     * Chooses the next token, as if it knew all logits, and remembers it.
     *
     * @param shortlist at least as many of the likeliest as are needed
     * @throws ArithmeticException if there are none: logits are not finite
     */
    Choice next(Shortlist shortlist) {
        int id = shortlist.id(sampler.sample(shortlist.logits(), random));
        penalties.count(id);
        return new Choice(id, Optional.empty());
    }
}
