package io.github.lapidary.training.run;

import io.github.lapidary.chart.Axis;
import io.github.lapidary.chart.Figure;
import io.github.lapidary.chart.Panel;
import io.github.lapidary.chart.Point;
import io.github.lapidary.chart.Scale;
import io.github.lapidary.chart.Series;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Draws how losses, learning rate and gradients went. */
final class Curves {

    static final int WIDTH = 1500;
    static final int HEIGHT = 450;

    private static final int POINTS = 200; // of a line, at most

    private final List<Metrics> metrics;
    private final Axis updates = new Axis("updates", Scale.LINEAR);

    private Curves(List<Metrics> metrics) {
        this.metrics = metrics;
    }

    /** Returns the figure of metrics, at least one. */
    static Figure of(List<Metrics> metrics) {
        return new Curves(metrics).figure();
    }

    private Figure figure() {
        List<Series> losses = new ArrayList<>();
        losses.add(means("training", Metrics::loss));
        List<Point> measured =
                metrics.stream()
                        .filter(each -> each.heldOut().isPresent())
                        .map(each -> Point.of((double) each.step(), each.heldOut().get().loss()))
                        .toList();
        if (!measured.isEmpty()) {
            losses.add(new Series("validation", measured));
        }
        return new Figure(
                List.of(
                        new Panel("Loss", updates, new Axis("nats a token", Scale.LINEAR), losses),
                        panel("Norm of the gradients", "norm", Metrics::gradientNorm),
                        panel("Learning rate", "learning rate", Metrics::learningRate)));
    }

    private Panel panel(String title, String name, ToDoubleFunction<Metrics> value) {
        return new Panel(
                title, updates, new Axis(name, Scale.FROM_ZERO), List.of(means(name, value)));
    }

    /** Each point stands for as many updates, so that the line of a long run is still one. */
    private Series means(String name, ToDoubleFunction<Metrics> value) {
        int size = (metrics.size() + POINTS - 1) / POINTS;
        List<Point> points = new ArrayList<>();
        for (int first = 0; first < metrics.size(); first += size) {
            List<Metrics> some = metrics.subList(first, Math.min(first + size, metrics.size()));
            points.add(
                    Point.of(
                            some.stream().mapToLong(Metrics::step).average().orElseThrow(),
                            some.stream().mapToDouble(value).average().orElseThrow()));
        }
        return new Series(name, points);
    }
}
