package io.github.lapidary.chart;

import java.util.Objects;

/**
 * An axis of a panel.
 *
 * @param title what its values are, with their unit
 * @param scale how they are spread
 */
public record Axis(String title, Scale scale) {

    /** Checks that nothing is missing. */
    public Axis {
        Objects.requireNonNull(title, "title");
        Objects.requireNonNull(scale, "scale");
    }

    /**
     * Checks that a value has a place on the axis.
     *
     * @throws IllegalArgumentException if it is not finite, or not positive on a logarithmic axis
     */
    void check(double value) {
        if (!Double.isFinite(value) || (scale.isLogarithmic() && value <= 0)) {
            throw new IllegalArgumentException(
                    "The axis \"%s\" (%s) has no place for %s.".formatted(title, scale, value));
        }
    }
}
