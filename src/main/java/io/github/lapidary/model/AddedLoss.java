package io.github.lapidary.model;

/**
 * What training has added to the cross-entropy of tokens, and what experts did not take of them;
 * each multiplied by the number of tokens.
 *
 * @param zLoss the square of the logits' log-sum-exp, times its coefficient
 * @param auxLoss the imbalance of all gates and the square of their logits' log-sum-exp, times
 *     their coefficients
 * @param dropped the share of choices of experts that found no place
 */
public record AddedLoss(double zLoss, double auxLoss, double dropped) {

    /** Nothing. */
    public static final AddedLoss NONE = new AddedLoss(0, 0, 0);

    AddedLoss plus(AddedLoss other) {
        return new AddedLoss(zLoss + other.zLoss, auxLoss + other.auxLoss, dropped + other.dropped);
    }
}
