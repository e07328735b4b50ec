package io.github.lapidary.cli;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.model.TrainingFormat;
import io.github.lapidary.model.TrainingOptions;
import io.github.lapidary.training.AdamW;
import io.github.lapidary.training.GradientSum;
import io.github.lapidary.training.NextTokens;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures how fast all weights of a model are trained. */
@Command(
        name = "training",
        description = {
            "Measure how fast all weights of a model are trained on this machine; nothing else"
                    + " should run meanwhile. The file is not changed.",
            "For each metric a line of JSON is written: the median of several runs, and their"
                    + " least and greatest."
        },
        sortOptions = false,
        footerHeading = "%nMetrics:%n",
        footer = {
            "  train_step_seq256_b2",
            "      seconds of an update by AdamW from one batch, here of 2 rows of 256 tokens",
            "  train_tok_s",
            "      tokens a second of it",
            "  rss_peak",
            "      largest resident set of the process in MB, on Linux",
            "",
            "Examples:",
            "  lapidary bench training --model gemma-3-270m --format bfloat16"
        })
final class TrainingSpeedCommand implements Callable<Integer> {

    private static final float LEARNING_RATE = 1e-4f;
    private static final int FIRST_PLAIN_ID = 1000; // past control tokens and bytes

    private final Console console;

    @Spec private CommandSpec spec;

    @Option(
            names = "--model",
            paramLabel = "PATH",
            description = {
                "A Hugging Face folder, or a GGUF file.",
                "Default: the small model that comes with Lapidary."
            })
    private Path path;

    @Option(
            names = "--format",
            defaultValue = "float32",
            description = "One of ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private TrainingFormat format;

    @Option(names = "--recompute", description = "Run layers again for their gradients.")
    private boolean recompute;

    @Option(
            names = "--rows",
            paramLabel = "N",
            defaultValue = "2",
            description = "Rows of the batch. Default: ${DEFAULT-VALUE}.")
    private int rows;

    @Option(
            names = "--tokens",
            paramLabel = "N",
            defaultValue = "256",
            description = "Tokens of a row. Default: ${DEFAULT-VALUE}.")
    private int tokens;

    @Option(
            names = "--reps",
            paramLabel = "N",
            defaultValue = "4",
            description = "Measure so often, after two updates. Default: ${DEFAULT-VALUE}.")
    private int repetitions;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = "Call the model so in the lines. Default: the name of its file.")
    private String name;

    TrainingSpeedCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, MalformedModelException {
        Subcommand.checkPlaces(spec);
        if (rows < 1 || tokens < 2 || repetitions < 1) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--rows and --reps count from 1, --tokens from 2; found %d, %d and %d."
                            .formatted(rows, repetitions, tokens));
        }
        ModelSource source =
                Optional.ofNullable(path)
                        .or(SmallModel::path)
                        .map(ModelSource.Stored::new)
                        .orElseThrow(
                                () ->
                                        new ParameterException(
                                                spec.commandLine(), "--model is missing"));
        try (EngineStart engine = EngineStart.begin(console);
                BareModel model = source.load(Optional.of(WeightFormat.FLOAT32), console)) {
            print(name == null ? source.name() + " full" : name, seconds(model));
        }
        return ExitCode.OK;
    }

    /** Returns how long each update took; the first two also take memory, and are left out. */
    private double[] seconds(BareModel loaded) {
        CausalLanguageModel model = loaded.block();
        model.setTraining(
                TrainingOptions.defaults().withFormat(format).withRecomputation(recompute));
        double[] seconds = new double[repetitions];
        try (NDManager scope = loaded.manager().newSubManager();
                Progress progress = console.progress("Training");
                GradientSum sum = new GradientSum(model);
                AdamW optimizer =
                        AdamW.builder(model.parametersByPath())
                                .optLearningRateTracker(update -> LEARNING_RATE)
                                .build()) {
            NDArray ids = scope.create(ids(model.config().vocabSize()), new Shape(rows, tokens));
            NDArray labels = NextTokens.labels(ids);
            for (int i = -2; i < repetitions; i++) {
                long start = System.nanoTime();
                sum.add(new NDList(ids), labels);
                optimizer.step(sum);
                if (i >= 0) {
                    seconds[i] = (System.nanoTime() - start) / 1e9;
                    progress.update(i + 1L, repetitions);
                }
            }
        }
        return seconds;
    }

    private long[] ids(int vocabulary) {
        int first = vocabulary > FIRST_PLAIN_ID ? FIRST_PLAIN_ID : 0;
        return new SplittableRandom(1)
                .longs(Math.multiplyExact(rows, tokens), first, vocabulary)
                .toArray();
    }

    private void print(String model, double... seconds) throws IOException {
        double[] speeds = Arrays.stream(seconds).map(time -> rows * tokens / time).toArray();
        print(model, new Measurement("train_step_seq%d_b%d".formatted(tokens, rows), "s", seconds));
        print(model, new Measurement("train_tok_s", Measurement.SPEED, speeds));
        OptionalDouble peak = PeakMemory.megabytes();
        if (peak.isPresent()) {
            print(model, new Measurement("rss_peak", "MB", peak.getAsDouble()));
        } else {
            console.tell("rss_peak is left out: only Linux tells it");
        }
    }

    private void print(String model, Measurement measurement) throws IOException {
        String kind = format + (recompute ? " recomputed" : "");
        console.print(JsonLine.of(measurement.json(model, kind)));
    }
}
