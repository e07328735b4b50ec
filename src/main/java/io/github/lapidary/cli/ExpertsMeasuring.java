package io.github.lapidary.cli;

import com.google.gson.JsonObject;
import io.github.lapidary.checkpoint.ModelSize;
import io.github.lapidary.kernel.format.WeightFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Measures models by turns, a run of each after a run of the one before, so that whatever else
 * happens on the machine meets all alike.
 */
final class ExpertsMeasuring implements AutoCloseable {

    /** What is measured. */
    static final List<LengthCurve.Metric> METRICS =
            List.of(
                    new LengthCurve.Metric(
                            "decode128_after16", 16, 128, run -> run.decodeSpeed(128)),
                    LengthCurve.PREFILL.at(512),
                    LengthCurve.PREFILL.at(2048));

    private final List<ExpertsShape> shapes;
    private final Console console;
    private final List<BareModel> models = new ArrayList<>();

    private ExpertsMeasuring(List<ExpertsShape> shapes, Console console) {
        this.shapes = shapes;
        this.console = console;
    }

    /**
     * Makes the models.
     *
     * @param shapes the first is what the others are compared with
     * @param format what they compute in; the best if it is not given
     */
    static ExpertsMeasuring load(
            List<ExpertsShape> shapes, Optional<WeightFormat> format, long seed, Console console) {
        ExpertsMeasuring measuring = new ExpertsMeasuring(shapes, console);
        try (Progress progress = console.progress("Drawing weights")) {
            long total = shapes.stream().mapToLong(ExpertsMeasuring::parameters).sum();
            long done = 0;
            for (ExpertsShape shape : shapes) {
                progress.update(done, total);
                measuring.models.add(BareModel.random(shape.config(), format, seed));
                done += parameters(shape);
            }
            return measuring;
        } catch (RuntimeException e) {
            measuring.close();
            throw e;
        }
    }

    private static long parameters(ExpertsShape shape) {
        return shape.size().totalParameters();
    }

    /** Returns what the models compute in. */
    WeightFormat format() {
        return models.get(0).block().format();
    }

    /** Measures each metric in so many turns, after a warm-up. */
    List<Result> measure(int turns) {
        List<Benchmark> benchmarks = models.stream().map(Benchmark::new).toList();
        double[][][] speeds = new double[models.size()][METRICS.size()][turns];
        long turn = METRICS.stream().mapToLong(ExpertsMeasuring::cost).sum();
        try (MeasuringProgress progress =
                new MeasuringProgress(
                        console.progress("Measuring"), models.size() * turn * (turns + 1))) {
            for (int i = -1; i < turns; i++) {
                for (int metric = 0; metric < METRICS.size(); metric++) {
                    for (int model = 0; model < models.size(); model++) {
                        double speed = speed(benchmarks.get(model), METRICS.get(metric), progress);
                        if (i >= 0) { // else it warmed up
                            speeds[model][metric][i] = speed;
                        }
                    }
                }
            }
        }
        return IntStream.range(0, shapes.size())
                .mapToObj(i -> result(shapes.get(i), speeds[i], speeds[0]))
                .toList();
    }

    private static double speed(
            Benchmark benchmark, LengthCurve.Metric metric, MeasuringProgress progress) {
        return metric.speed()
                .applyAsDouble(benchmark.run(metric.prompt(), metric.steps(), progress));
    }

    private static long cost(LengthCurve.Metric metric) {
        return metric.prompt() + LengthTask.cost(metric.steps());
    }

    private static Result result(ExpertsShape shape, double[][] speeds, double[][] dense) {
        List<Measurement> own = new ArrayList<>();
        List<Measurement> shares = new ArrayList<>();
        for (int i = 0; i < speeds.length; i++) {
            double[] mine = speeds[i];
            double[] others = dense[i];
            own.add(new Measurement(METRICS.get(i).name(), Measurement.SPEED, mine));
            double[] quotients =
                    IntStream.range(0, mine.length).mapToDouble(j -> mine[j] / others[j]).toArray();
            shares.add(new Measurement(Result.SHARE, "", quotients));
        }
        return new Result(shape, shape.size(), own, shares);
    }

    /**
     * What was measured of a model.
     *
     * @param speeds for each metric
     * @param shares for each metric, the quotients of its speed and that of the dense model
     */
    record Result(
            ExpertsShape shape,
            ModelSize size,
            List<Measurement> speeds,
            List<Measurement> shares) {

        private static final String SHARE = "of_dense";

        /** Returns a line for each metric. */
        List<JsonObject> lines(WeightFormat format) {
            return IntStream.range(0, speeds.size()).mapToObj(i -> line(i, format)).toList();
        }

        private JsonObject line(int metric, WeightFormat format) {
            JsonObject line = speeds.get(metric).json(shape.name(), format.toString());
            JsonObject share = shares.get(metric).json(shape.name(), format.toString());
            line.addProperty("parameters", size.totalParameters());
            line.addProperty("multiplied", size.multiplied());
            line.add(SHARE, share.get("value"));
            line.add(SHARE + "_min", share.get("min"));
            line.add(SHARE + "_max", share.get("max"));
            return line;
        }
    }

    @Override
    public void close() {
        models.forEach(BareModel::close);
    }
}
