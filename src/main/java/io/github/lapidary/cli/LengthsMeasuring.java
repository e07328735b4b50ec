package io.github.lapidary.cli;

import ai.djl.MalformedModelException;
import com.google.gson.JsonObject;
import io.github.lapidary.kernel.format.WeightFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Measures models one after another, so that never two are in memory.
 *
 * @param format what they compute in
 * @param repetitions how many runs a metric is taken from
 * @param folder where the lines go
 * @param console where they go too
 */
record LengthsMeasuring(
        WeightFormat format, int repetitions, MeasurementFolder folder, Console console) {

    private static final String PEAK = "rss_peak";

    /**
     * What is left to measure of a model.
     *
     * @param model the model
     * @param tasks at least one, each with at least one metric
     * @param whole whether nothing of it was measured before
     */
    record Work(ComparedModel model, List<LengthTask> tasks, boolean whole) {
        private long cost() {
            return model.weight() * tasks.stream().mapToLong(LengthTask::cost).sum();
        }
    }

    /** Measures all of it; writes the lines of a task as soon as it is done. */
    void measure(List<Work> work) throws IOException, MalformedModelException {
        long cost = repetitions * work.stream().mapToLong(Work::cost).sum();
        try (MeasuringProgress progress =
                new MeasuringProgress(console.progress("Measuring"), cost)) {
            for (int i = 0; i < work.size(); i++) {
                Work next = work.get(i);
                progress.next(next.model().weight());
                measure(next, progress);
                if (i == 0 && next.whole()) {
                    tellPeak(next.model().name(), progress);
                }
            }
        }
    }

    private void measure(Work work, MeasuringProgress progress)
            throws IOException, MalformedModelException {
        try (BareModel model = work.model().source().load(Optional.of(format), console)) {
            Benchmark benchmark = new Benchmark(model);
            benchmark.warmUp();
            for (LengthTask task : work.tasks()) {
                List<JsonObject> lines = lines(task, benchmark, work.model().name(), progress);
                progress.hide();
                for (JsonObject line : lines) {
                    write(line);
                }
            }
        }
    }

    private void write(JsonObject line) throws IOException {
        folder.add(line);
        console.print(JsonLine.of(line));
    }

    /**
     * Tells how much memory a model took that was measured first and as a whole: the system knows
     * the peak of the process alone, in which a later one's cannot be told from it.
     */
    private void tellPeak(String name, MeasuringProgress progress) throws IOException {
        OptionalDouble peak = PeakMemory.megabytes();
        progress.hide();
        if (peak.isPresent()) {
            write(new Measurement(PEAK, "MB", peak.getAsDouble()).json(name, format.toString()));
        } else {
            console.tell(PEAK + " is left out: only Linux tells it");
        }
    }

    private List<JsonObject> lines(
            LengthTask task, Benchmark benchmark, String name, MeasuringProgress progress)
            throws IOException {
        Optional<ProcessorLoad> before = ProcessorLoad.now();
        List<SpeedRun> runs = new ArrayList<>();
        for (int i = 0; i < repetitions; i++) {
            runs.add(benchmark.run(task.prompt(), task.steps(), progress));
        }
        OptionalDouble others = othersSince(before);
        List<JsonObject> lines = new ArrayList<>();
        for (LengthCurve.Metric metric : task.metrics()) {
            double[] speeds = runs.stream().mapToDouble(metric.speed()).toArray();
            JsonObject line =
                    new Measurement(metric.name(), Measurement.SPEED, speeds)
                            .json(name, format.toString());
            others.ifPresent(value -> line.addProperty(MeasuredPoint.OTHER_CPU, value));
            lines.add(line);
        }
        return lines;
    }

    private static OptionalDouble othersSince(Optional<ProcessorLoad> before) throws IOException {
        Optional<ProcessorLoad> now = ProcessorLoad.now();
        return before.isPresent() && now.isPresent()
                ? now.get().othersSince(before.get())
                : OptionalDouble.empty();
    }
}
