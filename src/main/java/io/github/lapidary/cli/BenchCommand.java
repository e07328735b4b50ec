package io.github.lapidary.cli;

import ai.djl.MalformedModelException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures how fast a model is on this machine; with a subcommand, something else. */
@Command(
        name = "bench",
        description = {
            "Measure the speed of a model on this machine; nothing else should run meanwhile.",
            "For each metric a line of JSON is written: the median of several runs, and their"
                    + " least and greatest."
        },
        sortOptions = false,
        synopsisSubcommandLabel = "[SUBCOMMAND]",
        footerHeading = "%nMetrics:%n",
        footer = {
            "  prefill512, prefill2048",
            "      tokens a second of a prompt of so many tokens",
            "  decode128_after16, decode128_after2048",
            "      tokens a second of 128 steps after such a prompt",
            "  rss_peak",
            "      largest resident set of the process in MB, on Linux",
            "  ttft_16tok_from_process_start",
            "      seconds from the start of a process to the token after a prompt of 16,",
            "      the model's files being in the page cache",
            "",
            "Examples:",
            "  lapidary bench --model gemma-3-270m --dtype bfloat16",
            "  lapidary bench --preset gemma-2-2b --reps 3"
        })
final class BenchCommand implements Callable<Integer> {

    private static final int STEPS = 128;
    private static final int WARM_UP_STEPS = 8;
    private static final int FIRST_TOKEN_PROMPT = 16;
    private static final String FIRST_TOKEN = "ttft_16tok_from_process_start";
    private static final int FEW = 3; // repetitions of what takes long

    private final Console console;

    @Spec private CommandSpec spec;

    @Mixin private MeasuredModel measured;

    @Option(
            names = "--reps",
            paramLabel = "N",
            defaultValue = "5",
            description = {
                "Measure so often; 3 times at most what takes long.",
                "Default: ${DEFAULT-VALUE}."
            })
    private int repetitions;

    @Option(names = "--first-token", hidden = true)
    private boolean firstToken;

    BenchCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, MalformedModelException, InterruptedException {
        if (repetitions < 1) {
            throw new ParameterException(
                    spec.commandLine(), "--reps counts from 1; found " + repetitions + ".");
        }
        measured.source();
        String format;
        try (EngineStart engine = EngineStart.begin(console);
                BareModel model = measured.load(console)) {
            Benchmark benchmark = new Benchmark(model);
            if (firstToken) {
                benchmark.prefill(FIRST_TOKEN_PROMPT);
                console.print(FirstToken.READY + "\n");
                return ExitCode.OK;
            }
            format = model.block().format().toString();
            measure(benchmark, format);
        }
        Optional<List<String>> file = measured.arguments();
        if (file.isPresent()) {
            measureFirstToken(file.get(), format);
        } else {
            console.tell(FIRST_TOKEN + " is left out: a preset has no file to load");
        }
        return ExitCode.OK;
    }

    private void measure(Benchmark benchmark, String format)
            throws IOException, InterruptedException {
        benchmark.warmUp();
        int few = Math.min(FEW, repetitions);
        List<Metric> metrics =
                List.of(
                        Metric.prefill(benchmark, 512, repetitions),
                        Metric.prefill(benchmark, 2048, few),
                        Metric.decode(benchmark, 16, repetitions),
                        Metric.decode(benchmark, 2048, few));
        for (Metric metric : metrics) {
            if (!benchmark.fits(metric.context())) {
                console.tell(
                        "%s is left out: it takes %d tokens, more than the model's context"
                                .formatted(metric.name(), metric.context()));
                continue;
            }
            metric.warmUp().measure();
            print(
                    format,
                    metric.name(),
                    Measurement.SPEED,
                    times(metric.name(), metric.runs(), metric.run()));
        }
        OptionalDouble peak = PeakMemory.megabytes();
        if (peak.isPresent()) {
            print(format, "rss_peak", "MB", peak.getAsDouble());
        } else {
            console.tell("rss_peak is left out: only Linux tells it");
        }
    }

    private void measureFirstToken(List<String> file, String format)
            throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of("bench", "--first-token"));
        arguments.addAll(file);
        arguments.addAll(List.of("--dtype", format));
        print(
                format,
                FIRST_TOKEN,
                "s",
                times(
                        FIRST_TOKEN,
                        Math.min(FEW, repetitions),
                        () -> FirstToken.seconds(arguments)));
    }

    private double[] times(String metric, int count, Run run)
            throws IOException, InterruptedException {
        double[] values = new double[count];
        try (Progress progress = console.progress(metric)) {
            for (int i = 0; i < count; i++) {
                progress.update(i, count);
                values[i] = run.measure();
            }
        }
        return values;
    }

    private void print(String format, String metric, String unit, double... values)
            throws IOException {
        Measurement measurement = new Measurement(metric, unit, values);
        console.print(JsonLine.of(measurement.json(measured.name(), format)));
    }

    /** Measures once. */
    @FunctionalInterface
    private interface Run {
        double measure() throws IOException, InterruptedException;
    }

    private record Metric(String name, int context, int runs, Run warmUp, Run run) {
        static Metric prefill(Benchmark benchmark, int tokens, int runs) {
            Run run = () -> benchmark.prefill(tokens);
            return new Metric("prefill" + tokens, tokens, runs, run, run);
        }

        static Metric decode(Benchmark benchmark, int after, int runs) {
            return new Metric(
                    "decode" + STEPS + "_after" + after,
                    after + STEPS,
                    runs,
                    () -> benchmark.decode(after, WARM_UP_STEPS),
                    () -> benchmark.decode(after, STEPS));
        }
    }
}
