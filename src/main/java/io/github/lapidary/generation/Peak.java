package io.github.lapidary.generation;

/**
 * The greatest of a token's logits.
 *
 * @param id where it is, the lowest id among equals
 * @param logit its value, finite
 */
record Peak(int id, float logit) {

    /**
     * Finds the peak and checks all logits on the way.
     *
     * @throws ArithmeticException if a logit is NaN or positive infinity, or none is finite
     */
    static Peak of(float[] logits) {
        float greatest = Float.NEGATIVE_INFINITY;
        int id = -1;
        for (int i = 0; i < logits.length; i++) {
            float logit = logits[i];
            if (!(logit <= greatest)) { // also true of NaN
                if (!(logit < Float.POSITIVE_INFINITY)) {
                    throw new ArithmeticException(
                            "The logit of token "
                                    + i
                                    + " is "
                                    + logit
                                    + "; expected a finite number or -Infinity.");
                }
                greatest = logit;
                id = i;
            }
        }
        if (id < 0) {
            throw new ArithmeticException(
                    "None of the "
                            + logits.length
                            + " logits is above -Infinity; at least one token must be possible.");
        }
        return new Peak(id, greatest);
    }
}
