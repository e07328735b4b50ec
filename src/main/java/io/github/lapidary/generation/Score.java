package io.github.lapidary.generation;

import java.util.List;

/**
 * How likely a model holds a text.
 *
 * @param tokens for each token but the first, its log-probability after those before it, and the
 *     likeliest in its place, if asked for
 */
public record Score(List<LogProbabilities> tokens) {

    /** Makes the list immutable. */
    public Score {
        tokens = List.copyOf(tokens);
    }

    /** Returns the mean negative log-likelihood of the tokens, in nats; NaN if there are none. */
    public double meanNegativeLogLikelihood() {
        return tokens.stream().mapToDouble(token -> -token.chosen()).average().orElse(Double.NaN);
    }

    /** Returns the exponential of {@link #meanNegativeLogLikelihood}. */
    public double perplexity() {
        return Math.exp(meanNegativeLogLikelihood());
    }
}
