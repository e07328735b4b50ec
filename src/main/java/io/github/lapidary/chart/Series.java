package io.github.lapidary.chart;

import java.util.List;
import java.util.Objects;

/**
 * Points that a line joins, in their order.
 *
 * @param name for the legend
 * @param points at least one
 */
public record Series(String name, List<Point> points) {

    /**
     * Takes a copy of the points.
     *
     * @throws IllegalArgumentException if there are none
     */
    public Series {
        Objects.requireNonNull(name, "name");
        points = List.copyOf(points);
        if (points.isEmpty()) {
            throw new IllegalArgumentException("The series \"" + name + "\" has no points.");
        }
    }

    /** Returns whether a point has an error bar. */
    boolean hasRanges() {
        return points.stream().anyMatch(Point::hasRange);
    }
}
