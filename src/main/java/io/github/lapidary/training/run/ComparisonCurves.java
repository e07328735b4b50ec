package io.github.lapidary.training.run;

import io.github.lapidary.chart.Axis;
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
import java.util.List;
import java.util.TreeMap;

/** How the losses of compared configurations went, each the mean over its seeds. */
final class ComparisonCurves {

    static final int WIDTH = 1300;
    static final int HEIGHT = 500;

    private static final String COLUMNS =
            "configuration,step,tokens,seeds,validation_loss,deviation,least,most,bits_per_byte\n";
    private static final double MILLION = 1e6;
    private static final String LOSS = "nats a token";

    private final List<Curve> curves;

    private ComparisonCurves(List<Curve> curves) {
        this.curves = curves;
    }

    static ComparisonCurves of(List<ComparisonResult> results) {
        return new ComparisonCurves(results.stream().map(Curve::of).toList());
    }

    /** A configuration and its means, in the order of the updates. */
    private record Curve(String name, List<Mean> means) {

        private static Curve of(ComparisonResult result) {
            TreeMap<Long, List<FinishedRun.Point>> bySteps = new TreeMap<>();
            for (FinishedRun run : result.runs()) {
                for (FinishedRun.Point point : run.points()) {
                    bySteps.computeIfAbsent(point.step(), step -> new ArrayList<>()).add(point);
                }
            }
            return new Curve(result.name(), bySteps.values().stream().map(Mean::of).toList());
        }

        /** Returns the curve from about the middle of its updates on. */
        private Curve secondHalf() {
            return new Curve(name, means.subList((means.size() - 1) / 2, means.size()));
        }

        private Series series() {
            return new Series(name, means.stream().map(Mean::point).toList());
        }
    }

    /** The validations of all seeds after the same number of updates. */
    private record Mean(long step, double tokens, int seeds, Spread loss, Spread bitsPerByte) {

        private static Mean of(List<FinishedRun.Point> points) {
            return new Mean(
                    points.get(0).step(),
                    points.stream().mapToLong(FinishedRun.Point::tokens).average().orElseThrow(),
                    points.size(),
                    Spread.of(points.stream().mapToDouble(point -> point.quality().loss())),
                    Spread.of(points.stream().mapToDouble(point -> point.quality().bitsPerByte())));
        }

        private Point point() {
            double deviation = loss.deviation().orElse(0);
            return new Point(
                    tokens / MILLION,
                    loss.mean(),
                    loss.mean() - deviation,
                    loss.mean() + deviation);
        }

        private String row(String name) {
            return Csv.row(
                    name,
                    step,
                    Math.round(tokens),
                    seeds,
                    loss.mean(),
                    loss.deviation().isPresent() ? loss.deviation().getAsDouble() : null,
                    loss.least(),
                    loss.most(),
                    bitsPerByte.mean());
        }
    }

    /** Writes a line for each validation. */
    void writeTable(Path file) throws IOException {
        StringBuilder table = new StringBuilder(COLUMNS);
        for (Curve curve : curves) {
            curve.means().forEach(mean -> table.append(mean.row(curve.name())));
        }
        StagedFiles.replace(file, table.toString());
    }

    /** Draws all of the curves, and again their second halves, where they are closer. */
    void writePicture(Path file) throws IOException {
        Axis tokens = new Axis("million tokens trained on", Scale.LINEAR);
        List<Series> whole = curves.stream().map(Curve::series).toList();
        List<Series> late = curves.stream().map(Curve::secondHalf).map(Curve::series).toList();
        new Figure(
                        List.of(
                                new Panel(
                                        "Validation loss, mean ± deviation over the seeds",
                                        tokens,
                                        new Axis(LOSS, Scale.LINEAR),
                                        whole),
                                new Panel(
                                        "The second half of it",
                                        tokens,
                                        new Axis(LOSS, Scale.LINEAR),
                                        late)))
                .write(file, WIDTH, HEIGHT);
    }
}
