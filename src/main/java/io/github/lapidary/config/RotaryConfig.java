package io.github.lapidary.config;

/**
 * The rotary position embedding of a kind of layer.
 *
 * @param theta base of the inverse frequencies theta^(-2i / D), where D is {@link #rotatedDim}
 * @param factor divides the inverse frequencies ("linear" scaling); 1 means none
 * @param partialRotaryFactor share of a head's elements, from the first on, that is rotated; 1
 *     means all
 */
public record RotaryConfig(double theta, double factor, double partialRotaryFactor) {

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is not finite and positive, or the share is above 1
     */
    public RotaryConfig {
        ConfigCheck.positive("rotary theta", theta);
        ConfigCheck.positive("rotary factor", factor);
        ConfigCheck.positive("partialRotaryFactor", partialRotaryFactor);
        ConfigCheck.that(
                partialRotaryFactor <= 1, "partialRotaryFactor", "at most 1", partialRotaryFactor);
    }

    /** Describes an embedding that rotates all elements of a head. */
    public RotaryConfig(double theta, double factor) {
        this(theta, factor, 1);
    }

    /**
     * Returns how many elements of a head are rotated.
     *
     * @throws IllegalArgumentException if that number is not even, or 0
     */
    public int rotatedDim(int headDim) {
        int dim = (int) (headDim * partialRotaryFactor);
        ConfigCheck.that(
                dim > 0 && dim % 2 == 0,
                "headDim * partialRotaryFactor",
                "an even number, at least 2",
                dim);
        return dim;
    }
}
