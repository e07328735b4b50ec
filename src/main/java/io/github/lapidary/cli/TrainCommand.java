package io.github.lapidary.cli;

import ai.djl.MalformedModelException;
import com.google.gson.JsonObject;
import io.github.lapidary.training.run.RunConfig;
import io.github.lapidary.training.run.RunEstimate;
import io.github.lapidary.training.run.RunResult;
import io.github.lapidary.training.run.TrainingRun;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Trains a model. */
@Command(
        name = "train",
        description = {
            "Train a language model from token files, as a configuration says.",
            "The run's folder gets checkpoints, metrics, curves, the best model and, at the end,"
                    + " the model for use. Ctrl-C saves and stops; --resume goes on."
        },
        sortOptions = false,
        footerHeading = "%nExamples:%n",
        footer = {
            "  lapidary train --config train.yaml --dry-run",
            "  lapidary train --config train.yaml --set steps=500 --set out=short",
            "  lapidary train --config train.yaml --resume"
        })
final class TrainCommand implements Callable<Integer> {

    private final Console console;

    @Spec private CommandSpec spec;

    @Option(
            names = "--config",
            required = true,
            paramLabel = "FILE",
            description = "What is trained and how, as YAML.")
    private Path file;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Take this in place of what FILE says; can be repeated.")
    private List<String> overrides = new ArrayList<>();

    @Option(names = "--resume", description = "Go on from the last checkpoint of the run's folder.")
    private boolean resume;

    @Option(
            names = "--dry-run",
            description = "Make a few updates, and tell what the run would take.")
    private boolean dryRun;

    TrainCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, MalformedModelException {
        RunConfig config;
        try {
            config = RunConfig.read(file, overrides);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        try (EngineStart engine = EngineStart.begin(console)) {
            if (dryRun) {
                console.print(text(RunEstimate.of(config)));
                return ExitCode.OK;
            }
            return train(config);
        }
    }

    private int train(RunConfig config) throws IOException, MalformedModelException {
        try (StopSignal stop = new StopSignal();
                TrainingProgress progress = new TrainingProgress(console);
                TrainingRun run = open(config)) {
            RunResult result = run.run(progress);
            progress.close();
            console.print(JsonLine.of(json(result)));
            if (result.end() == RunResult.End.INTERRUPTED) {
                console.tell("interrupted; --resume goes on");
                return ExitCode.SOFTWARE;
            }
            return ExitCode.OK;
        }
    }

    private TrainingRun open(RunConfig config) throws IOException, MalformedModelException {
        try (Progress checks = console.progress("Checking")) {
            return TrainingRun.open(config, resume, checks::update);
        }
    }

    private static JsonObject json(RunResult result) {
        JsonObject line = new JsonObject();
        line.addProperty("end", result.end().name().toLowerCase(Locale.ROOT));
        line.addProperty("folder", result.folder().toString());
        line.addProperty("step", result.step());
        if (Double.isFinite(result.loss())) {
            line.addProperty("loss", result.loss());
        }
        result.best()
                .ifPresent(
                        best -> {
                            line.addProperty("best_step", result.bestStep());
                            line.addProperty("validation_loss", best.loss());
                            line.addProperty("validation_perplexity", best.perplexity());
                            line.addProperty("validation_bits_per_byte", best.bitsPerByte());
                        });
        return line;
    }

    private static String text(RunEstimate estimate) {
        return String.format(
                Locale.ROOT,
                """
                parameters         %,d
                tokens per update  %,d
                updates            %,d
                epochs             %.1f
                memory             about %s of %s available
                speed              %,.0f tokens a second
                time               about %d:%02d:%02d
                """,
                estimate.parameters(),
                estimate.tokensPerUpdate(),
                estimate.updates(),
                estimate.epochs(),
                ByteCount.text(estimate.memoryBytes()),
                ByteCount.text(estimate.availableBytes()),
                estimate.tokensPerSecond(),
                estimate.duration().toHours(),
                estimate.duration().toMinutesPart(),
                estimate.duration().toSecondsPart());
    }
}
