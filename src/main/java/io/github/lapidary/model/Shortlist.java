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

    /** Returns how many tokens there are; none if the logits are not finite. */
    public int size() {
        return ids.length;
    }

    /** Returns the token at a place from 0 on; ids rise. */
    public int id(int place) {
        return ids[place];
    }

    /** Returns the logits of the tokens, in their order. */
    public float[] logits() {
        return logits.clone();
    }

    /**
     * Returns the token with the largest logit, the lowest among equals.
     *
     * @throws ArithmeticException if there are no tokens
     */
    public int likeliest() {
        if (ids.length == 0) {
            throw new ArithmeticException("The largest logit is not finite: the model is broken.");
        }
        int best = 0;
        for (int i = 1; i < ids.length; i++) {
            if (logits[i] > logits[best]) {
                best = i;
            }
        }
        return ids[best];
    }
}
