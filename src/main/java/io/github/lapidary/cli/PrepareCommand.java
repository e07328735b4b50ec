package io.github.lapidary.cli;

import io.github.lapidary.translate.PreparedFolder;
import io.github.lapidary.translate.PreparedFolder.Placement;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes a folder that DJL Serving loads. */
@Command(
        name = "prepare",
        description = {
            "Make a folder that DJL Serving, or any DJL program, loads as it is.",
            "It holds the model's files and a serving.properties."
        },
        sortOptions = false,
        footerHeading = "%nExamples:%n",
        footer = {
            "  lapidary prepare --model gemma-3-270m served/gemma",
            "  lapidary prepare --model model.gguf --files copy --context 4096 served/gemma"
        })
final class PrepareCommand implements Callable<Integer> {

    private final Console console;

    @Spec private CommandSpec spec;

    @Mixin private ModelOptions modelOptions;

    @Option(
            names = "--context",
            paramLabel = "N",
            description = "Take texts of up to N tokens only, which bounds the memory of each.")
    private Integer context;

    @Option(
            names = "--files",
            paramLabel = "HOW",
            defaultValue = "symlink",
            description = {
                "How the model's files come into the folder.",
                "symlink: as links, nearly without space; the model must stay where it is.",
                "hardlink: as further names of the files, on the same disk only.",
                "copy: as copies. Default: ${DEFAULT-VALUE}."
            })
    private Placement files;

    @Parameters(paramLabel = "OUT", description = "The folder to make; there must be nothing yet.")
    private Path folder;

    PrepareCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        Map<String, String> arguments = new TreeMap<>();
        modelOptions.format().ifPresent(format -> arguments.put("dtype", format.toString()));
        modelOptions
                .experts()
                .ifPresent(experts -> arguments.put("expertPlacement", experts.toString()));
        if (context != null) {
            arguments.put("context", context.toString());
        }
        try {
            PreparedFolder.write(modelOptions.model(), folder, files, arguments);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        console.print(folder + "\n");
        return ExitCode.OK;
    }
}
