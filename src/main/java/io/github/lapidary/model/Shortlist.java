package io.github.lapidary.model;

/** The tokens among which the likeliest are, for a choice that needs no others. */
public final class Shortlist {

    private final int[] ids;
    private final float[] logits;

    /**
     * Takes tokens and their logits, which nobody changes any more.
     *
     * @param ids rising
     */
    Shortlist(int[] ids, float[] logits) {
        this.ids = ids;
        this.logits = logits;
    }

    /** Returns the token at a place from 0 on; ids rise. */
    public int id(int place) {
        return ids[place];
    }

    /**
     * Returns the logits of the tokens, in their order.
     *
     * @throws ArithmeticException if there are no tokens: logits are not finite
     */
    public float[] logits() {
        if (logits.length == 0) {
            throw new ArithmeticException("The largest logit is not finite: the model is broken.");
        }
        return logits.clone();
    }

    /**
     * Returns the token with the largest logit, the lowest among equals.
     *
     * @throws ArithmeticException if there are no tokens
     */
    public int likeliest() {
        float[] own = logits();
        int best = 0;
        for (int i = 1; i < own.length; i++) {
            if (own[i] > own[best]) {
                best = i;
            }
        }
        return ids[best];
    }
}
