package io.github.lapidary.chart;

/**
 * A point of a series, with the range that its value may lie in.
 *
 * @param x where it is
 * @param y its value
 * @param low the lower end of its error bar; y if there is none
 * @param high the upper end
 */
public record Point(double x, double y, double low, double high) {

    /**
     * Checks the range.
     *
     * @throws IllegalArgumentException if y lies outside of it
     */
    public Point {
        if (low > y || high < y) {
            throw new IllegalArgumentException(
                    "The range of a point is to hold its value; found %s to %s around %s."
                            .formatted(low, high, y));
        }
    }

    /** Returns a point without error bar. */
    public static Point of(double x, double y) {
        return new Point(x, y, y, y);
    }

    /** Returns whether it has an error bar. */
    boolean hasRange() {
        return low < high;
    }
}
