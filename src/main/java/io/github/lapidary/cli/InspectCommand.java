package io.github.lapidary.cli;

import io.github.lapidary.inspection.Finding.Severity;
import io.github.lapidary.inspection.Inspection;
import io.github.lapidary.inspection.InspectionOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;

/** Shows what a checkpoint holds and needs, and what is wrong with it. */
@Command(
        name = "inspect",
        description = {
            "Show what a model is made of, what it needs, and what is wrong with it.",
            "No weights are loaded, but their values are looked through once. A checkpoint that"
                    + " does not load is told of as far as it can be read."
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
            "  lapidary inspect --model model.gguf --json --no-scan | jq .memory"
        })
final class InspectCommand implements Callable<Integer> {

    private final Console console;

    @Option(
            names = "--model",
            required = true,
            paramLabel = "PATH",
            description = "A Hugging Face folder, or a GGUF file.")
    private Path model;

    @Option(names = "--json", description = "Write one JSON object instead.")
    private boolean json;

    @Option(names = "--tensors", description = "List every tensor, not one line for all layers.")
    private boolean tensors;

    @Option(
            names = "--no-scan",
            description =
                    "Do not look at the values of the weights, which takes as long as loading.")
    private boolean noScan;

    InspectCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        Inspection inspection = inspect();
        console.print(
                json
                        ? JsonLine.of(InspectionJson.of(inspection))
                        : new InspectionText(inspection, tensors).toString());
        return inspection.count(Severity.ERROR) == 0 ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private Inspection inspect() throws IOException {
        try (Progress progress = console.progress("Looking through the weights")) {
            return Inspection.of(
                    model,
                    InspectionOptions.defaults().withScan(!noScan).withListener(progress::update));
        }
    }
}
