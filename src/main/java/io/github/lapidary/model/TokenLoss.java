package io.github.lapidary.model;

/**
 * How well a model foretold tokens.
 *
 * @param sum the sum over the tokens of −log of the probability of each, in nats
 * @param tokens how many there were
 * @param added what training has added to the sum, in the gradients but not in it
 */
public record TokenLoss(double sum, long tokens, AddedLoss added) {

    /** The label of what counts for nothing. */
    public static final long IGNORED = -100;

    /** Makes one to which nothing was added. */
    public TokenLoss(double sum, long tokens) {
        this(sum, tokens, AddedLoss.NONE);
    }

    /** Returns the mean over the tokens, in nats; NaN if there were none. */
    public double mean() {
        return sum / tokens;
    }

    /** Returns what training makes smaller: the mean and what was added to it, in nats. */
    public double total() {
        return mean() + (added.zLoss() + added.auxLoss()) / tokens;
    }

    /** Returns the share of choices of experts that found no place in training. */
    public double dropped() {
        return added.dropped() / tokens;
    }

    /** Returns e to the power of the mean. */
    public double perplexity() {
        return Math.exp(mean());
    }

    /**
     * Returns what the tokens take on the average, in bits for each byte of their text.
     *
     * @param textBytes the length of the text in UTF-8
     */
    public double bitsPerByte(long textBytes) {
        return sum / Math.log(2) / textBytes;
    }

    /** Returns the loss over the tokens of both. */
    public TokenLoss plus(TokenLoss other) {
        return new TokenLoss(sum + other.sum, tokens + other.tokens, added.plus(other.added));
    }
}
