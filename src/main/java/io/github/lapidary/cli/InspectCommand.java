package io.github.lapidary.cli;

import ai.djl.MalformedModelException;
import io.github.lapidary.inspection.Finding.Severity;
import io.github.lapidary.inspection.Inspection;
import io.github.lapidary.inspection.InspectionOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Shows what a checkpoint holds and needs, and what is wrong with it. */
@Command(
        name = "inspect",
        description = {
            "Show what a model is made of, what it needs, and what is wrong with it.",
            "No weights are loaded, but their values are looked through once. A checkpoint that"
                    + " does not load is told of as far as it can be read.",
            "With --routing: to which of its experts a model sends each token of a text."
        },
        sortOptions = false,
        exitCodeListHeading = "%nExit code:%n",
        exitCodeList = {
            " 0:no errors were found",
            " 1:errors were found, or there is no such model",
            " 2:the command was used wrongly"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  lapidary inspect --model gemma-3-270m",
            "  lapidary inspect --model model.gguf --json --no-scan | jq .memory",
            "  lapidary inspect --preset glam-64b-64e",
            "  lapidary inspect --model glam --routing --html out.html \"Some text\""
        })
final class InspectCommand implements Callable<Integer> {

    private final Console console;

    @Spec private CommandSpec spec;

    @ArgGroup(exclusive = true, multiplicity = "1")
    private Choice choice;

    /** What is inspected. */
    private static final class Choice {
        @Option(
                names = "--model",
                paramLabel = "PATH",
                description = "A Hugging Face folder, or a GGUF file.")
        private Path model;

        @Option(
                names = "--preset",
                paramLabel = "NAME",
                description = "A released model by name, such as gemma-2-2b; there are no files.")
        private String preset;

        @Option(
                names = "--config",
                paramLabel = "FILE",
                description = "What a config.json states; no file beside it is looked at.")
        private Path config;
    }

    @Option(names = "--json", description = "Write one JSON object instead.")
    private boolean json;

    @Option(names = "--tensors", description = "List every tensor, not one line for all layers.")
    private boolean tensors;

    @Option(
            names = "--no-scan",
            description =
                    "Do not look at the values of the weights, which takes as long as loading.")
    private boolean noScan;

    @Mixin private RoutingOptions routing;

    InspectCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, MalformedModelException {
        checkUse();
        if (routing.wanted()) {
            routing.run(choice.model, json, console);
            return ExitCode.OK;
        }
        Inspection inspection = inspect();
        console.print(
                json
                        ? JsonLine.of(InspectionJson.of(inspection))
                        : new InspectionText(inspection, tensors).toString());
        return inspection.count(Severity.ERROR) == 0 ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private void checkUse() {
        routing.wrongUse()
                .ifPresent(
                        fault -> {
                            throw new ParameterException(spec.commandLine(), fault);
                        });
        if (routing.wanted() && (choice.model == null || tensors || noScan)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--routing lets a model read: it takes --model, without --tensors and"
                            + " --no-scan");
        }
    }

    private Inspection inspect() throws IOException {
        if (choice.model == null) {
            ModelSource.Shape shape = shape();
            return Inspection.of(shape.name(), shape.config());
        }
        try (Progress progress = console.progress("Looking through the weights")) {
            return Inspection.of(
                    choice.model,
                    InspectionOptions.defaults().withScan(!noScan).withListener(progress::update));
        }
    }

    private ModelSource.Shape shape() throws IOException {
        try {
            return choice.preset == null
                    ? ModelSource.Shape.ofConfig(choice.config, 0)
                    : ModelSource.Shape.ofPreset(choice.preset, 0);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }
}
