package io.github.lapidary.cli;

import ai.djl.MalformedModelException;
import io.github.lapidary.checkpoint.Checkpoint;
import io.github.lapidary.checkpoint.Upcycling;
import io.github.lapidary.checkpoint.WriteOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Makes a model with experts of a trained one without. */
@Command(
        name = "upcycle",
        description = {
            "Make a GLaM with experts of a trained one without.",
            "Each expert begins as a copy of its layer's feed-forward, so that the model computes"
                    + " what it did; training then lets the experts differ."
        },
        sortOptions = false,
        footerHeading = "%nExamples:%n",
        footer = {
            "  lapidary upcycle --model dense --experts 8 --out sparse",
            "  lapidary upcycle --model dense --experts 64 --every 4 --offset 3 --out sparse"
        })
final class UpcycleCommand implements Callable<Integer> {

    private final Console console;

    @Spec private CommandSpec spec;

    @Option(
            names = "--model",
            required = true,
            paramLabel = "PATH",
            description = "The folder of a glam without experts.")
    private Path model;

    @Option(
            names = "--experts",
            required = true,
            paramLabel = "N",
            description = "The experts of a sparse layer, at least two.")
    private int experts;

    @Option(
            names = "--every",
            paramLabel = "N",
            defaultValue = "2",
            description = "One of so many layers becomes sparse. Default: ${DEFAULT-VALUE}.")
    private int every;

    @Option(
            names = "--offset",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "The first layer that becomes sparse, counted from 0. Default:"
                            + " ${DEFAULT-VALUE}.")
    private int offset;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Draw the gates from this. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "FOLDER",
            description = "Where the model goes; none is replaced.")
    private Path folder;

    UpcycleCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, MalformedModelException {
        Upcycling upcycling = new Upcycling(experts, every, offset, seed);
        Checkpoint dense = Checkpoint.open(model);
        try (Progress progress = console.progress("Writing")) {
            upcycling.write(
                    dense,
                    folder,
                    WriteOptions.of(Upcycling.storedType(dense))
                            .withTokenizerFolder(model)
                            .withListener(progress::update));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        console.print(folder + "\n");
        return ExitCode.OK;
    }
}
