package io.github.lapidary.chart;

import java.util.List;
import java.util.Objects;

/**
 * A chart within a figure.
 *
 * @param title what it shows
 * @param x the horizontal axis
 * @param y the vertical axis
 * @param series at least one, each of another name; series of one name have the same colour and
 *     mark in all panels of a figure
 */
public record Panel(String title, Axis x, Axis y, List<Series> series) {

    /**
     * Takes a copy of the series.
     *
     * @throws IllegalArgumentException if there are none, two have the same name, or a point has no
     *     place on the axes
     */
    public Panel {
        Objects.requireNonNull(title, "title");
        series = List.copyOf(series);
        List<String> names = series.stream().map(Series::name).toList();
        if (names.isEmpty() || names.stream().distinct().count() < names.size()) {
            throw new IllegalArgumentException(
                    "A panel takes series of different names, one or more; found " + names + ".");
        }
        for (Series each : series) {
            for (Point point : each.points()) {
                x.check(point.x());
                y.check(point.low());
                y.check(point.high());
                y.check(point.y());
            }
        }
    }
}
