package io.github.lapidary.cli;

import io.github.lapidary.chart.Axis;
import io.github.lapidary.chart.ChartException;
import io.github.lapidary.chart.Figure;
import io.github.lapidary.chart.Panel;
import io.github.lapidary.chart.Point;
import io.github.lapidary.chart.Scale;
import io.github.lapidary.chart.Series;
import io.github.lapidary.file.Csv;
import io.github.lapidary.file.StagedFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/** What speeds at several lengths come to: a table, a picture, and what should not be trusted. */
final class LengthsReport {

    private static final int WIDTH = 1200;
    private static final int HEIGHT = 500;

    private final List<MeasuredPoint> points;

    LengthsReport(List<MeasuredPoint> points) {
        this.points = points;
    }

    /** Writes the points as comma-separated values. */
    void writeTable(Path file) throws IOException {
        StringBuilder table = new StringBuilder();
        table.append("model,quant,curve,tokens,median_tok_s,min_tok_s,max_tok_s,n,other_cpu\n");
        for (LengthCurve curve : LengthCurve.values()) {
            for (MeasuredPoint point : points) {
                OptionalInt tokens = curve.tokens(point.metric());
                if (tokens.isPresent()) {
                    table.append(row(point, curve, tokens.getAsInt()));
                }
            }
        }
        StagedFiles.replace(file, table.toString());
    }

    private static String row(MeasuredPoint point, LengthCurve curve, int tokens) {
        return Csv.row(
                point.model(),
                point.quant(),
                curve.label(),
                tokens,
                point.value(),
                point.min(),
                point.max(),
                point.n(),
                point.otherCpu().isPresent() ? point.otherCpu().getAsDouble() : null);
    }

    /** Draws the two speeds against the lengths; where that cannot be done, a message says why. */
    void writePicture(Path file, Console console) throws IOException {
        List<Panel> panels = new ArrayList<>();
        panel(LengthCurve.PREFILL, "Reading a prompt", "Prompt length (tokens)")
                .ifPresent(panels::add);
        panel(
                        LengthCurve.GENERATED,
                        "Writing after a prompt of 2,048 tokens",
                        "Generated length (tokens)")
                .ifPresent(panels::add);
        if (panels.isEmpty()) {
            console.tell(file.getFileName() + " is left out: nothing was measured");
            return;
        }
        try {
            new Figure(panels).write(file, WIDTH * panels.size() / 2, HEIGHT);
        } catch (ChartException e) {
            console.tell(file.getFileName() + " is left out: " + e.getMessage());
        }
    }

    private Optional<Panel> panel(LengthCurve curve, String title, String lengths) {
        List<Series> series = new ArrayList<>();
        for (String model : points.stream().map(MeasuredPoint::model).distinct().toList()) {
            List<Point> line =
                    points.stream()
                            .filter(point -> point.model().equals(model))
                            .filter(point -> curve.tokens(point.metric()).isPresent())
                            .map(point -> point(point, curve.tokens(point.metric()).getAsInt()))
                            .sorted(Comparator.comparingDouble(Point::x))
                            .toList();
            if (!line.isEmpty()) {
                series.add(new Series(model, line));
            }
        }
        String formats =
                points.stream()
                        .map(MeasuredPoint::quant)
                        .distinct()
                        .collect(Collectors.joining(", "));
        return series.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        new Panel(
                                title + ", " + formats,
                                new Axis(lengths, Scale.DOUBLINGS),
                                new Axis("Tokens/s", Scale.FROM_ZERO),
                                series));
    }

    private static Point point(MeasuredPoint point, int tokens) {
        return new Point(tokens, point.value(), point.min(), point.max());
    }

    /** Names the points that noise may have changed. */
    void tellDoubts(Console console) {
        for (MeasuredPoint point : points) {
            String doubt = point.doubt();
            if (!doubt.isEmpty()) {
                console.tell(
                        "%s of %s is not to be relied on: %s"
                                .formatted(point.metric(), point.model(), doubt));
            }
        }
    }
}
