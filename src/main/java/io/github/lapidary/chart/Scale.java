package io.github.lapidary.chart;

/** How the values of an axis are spread over its length. */
public enum Scale {
    /** Evenly, over the range of the values. */
    LINEAR,
    /** Evenly, from zero on. */
    FROM_ZERO,
    /** Each doubling takes the same length; for lengths such as 512, 1,024, 2,048. */
    DOUBLINGS,
    /** Each power of ten takes the same length. */
    DECADES;

    /** Returns whether only values above zero have a place. */
    boolean isLogarithmic() {
        return this == DOUBLINGS || this == DECADES;
    }
}
