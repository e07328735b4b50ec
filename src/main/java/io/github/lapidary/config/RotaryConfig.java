package io.github.lapidary.config;

/**
 * The rotary position embedding of a kind of layer.
 *
 * @param theta base of the inverse frequencies theta^(-2i / headDim)
 * @param factor divides the inverse frequencies ("linear" scaling); 1 means none
 */
public record RotaryConfig(double theta, double factor) {

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is not finite and positive
     */
    public RotaryConfig {
        ConfigCheck.positive("rotary theta", theta);
        ConfigCheck.positive("rotary factor", factor);
    }
}
