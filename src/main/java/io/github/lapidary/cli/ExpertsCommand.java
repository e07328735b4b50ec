package io.github.lapidary.cli;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures what experts cost, beside a dense model of the same work a token. */
@Command(
        name = "experts",
        description = {
            "Measure what experts cost: GLaMs of random weights, with more and more experts of"
                    + " which a token takes two, beside the dense model in which a token is"
                    + " multiplied with as many parameters.",
            "All are in memory at once and run by turns; nothing else should run meanwhile."
        },
        sortOptions = false,
        footerHeading = "%nMetrics, in tokens a second:%n",
        footer = {
            "  decode128_after16",
            "      of 128 steps after a prompt of 16 tokens",
            "  prefill512, prefill2048",
            "      of a prompt of so many tokens",
            "  of_dense, of_dense_min, of_dense_max",
            "      the median of the shares of the dense model's speed of the same turn, and the"
                    + " least and the greatest",
            "",
            "Examples:",
            "  lapidary bench experts",
            "  lapidary bench experts --experts 64 --reps 15 --dtype float32"
        })
final class ExpertsCommand implements Callable<Integer> {

    private static final int MOST_EXPERTS = 1024;
    private static final int MOST_WIDTH = 8192;

    private final Console console;

    @Spec private CommandSpec spec;

    @Option(
            names = "--experts",
            paramLabel = "N",
            split = ",",
            defaultValue = "8,64,256",
            description = {"Experts of a sparse layer.", "Default: ${DEFAULT-VALUE}."})
    private List<Integer> experts;

    @Option(
            names = "--hidden-size",
            paramLabel = "N",
            defaultValue = "512",
            description = "Width of the models. Default: ${DEFAULT-VALUE}.")
    private int hiddenSize;

    @Mixin private FormatOption format;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Draw the weights from this. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--reps",
            paramLabel = "N",
            defaultValue = "7",
            description = "Measure in so many turns. Default: ${DEFAULT-VALUE}.")
    private int repetitions;

    ExpertsCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        checkOptions();
        List<ExpertsShape> shapes =
                Stream.concat(Stream.of(0), experts.stream())
                        .map(count -> new ExpertsShape(hiddenSize, count))
                        .toList();
        try (EngineStart engine = EngineStart.begin(console);
                ExpertsMeasuring measuring =
                        ExpertsMeasuring.load(shapes, format.get(), seed, console)) {
            List<ExpertsMeasuring.Result> results = measuring.measure(repetitions);
            for (ExpertsMeasuring.Result result : results) {
                for (JsonObject line : result.lines(measuring.format())) {
                    console.print(JsonLine.of(line));
                }
            }
            console.err().print("\n" + table(results));
            console.err().flush();
        }
        return ExitCode.OK;
    }

    private void checkOptions() {
        Subcommand.checkPlaces(spec);
        check(repetitions >= 1, "--reps counts from 1; found", repetitions);
        check(
                experts.stream().allMatch(count -> count >= 2 && count <= MOST_EXPERTS)
                        && experts.size() == Set.copyOf(experts).size(),
                "--experts takes different numbers from 2 to " + MOST_EXPERTS + "; found",
                experts);
        check(
                hiddenSize >= 1
                        && hiddenSize <= MOST_WIDTH
                        && hiddenSize % ExpertsShape.HEAD_DIM == 0,
                "--hidden-size takes a multiple of %d up to %d; found"
                        .formatted(ExpertsShape.HEAD_DIM, MOST_WIDTH),
                hiddenSize);
    }

    private void check(boolean right, String message, Object found) {
        Subcommand.check(spec, right, message, found);
    }

    /** Returns the speeds of the dense model, and what share of them the others reach. */
    private static TextTable table(List<ExpertsMeasuring.Result> results) {
        TextTable table = new TextTable("", "lrrrrr");
        List<Object> head = new ArrayList<>(List.of("", "parameters", "multiplied with"));
        head.addAll(ExpertsMeasuring.METRICS.stream().map(LengthCurve.Metric::name).toList());
        table.row(head.toArray());
        for (ExpertsMeasuring.Result result : results) {
            List<Object> row = new ArrayList<>();
            row.add(result.shape().name());
            row.add(String.format(Locale.ROOT, "%,d", result.size().totalParameters()));
            row.add(String.format(Locale.ROOT, "%,d", result.size().multiplied()));
            for (int metric = 0; metric < ExpertsMeasuring.METRICS.size(); metric++) {
                row.add(cell(result, metric));
            }
            table.row(row.toArray());
        }
        return table;
    }

    private static String cell(ExpertsMeasuring.Result result, int metric) {
        return result.shape().experts() == 0
                ? String.format(Locale.ROOT, "%.0f tok/s", result.speeds().get(metric).median())
                : String.format(Locale.ROOT, "%.1f %%", 100 * result.shares().get(metric).median());
    }
}
