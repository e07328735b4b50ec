package io.github.lapidary.cli;

import ai.djl.MalformedModelException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which model is measured: one of a file, or one of random weights. */
final class MeasuredModel {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--model",
            paramLabel = "PATH",
            description = {
                "A Hugging Face folder, or a GGUF file.",
                "Default: the small model that comes with Lapidary."
            })
    private Path path;

    @Option(
            names = "--preset",
            paramLabel = "NAME",
            description =
                    "Instead: random weights in the shape of a released model, such as gemma-2-2b.")
    private String preset;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Draw the weights of the preset from this. Default: 0.")
    private Long seed;

    @Mixin private FormatOption format;

    @Mixin private ExpertOption experts;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = "Call the model so in the lines. Default: the name of its file.")
    private String name;

    /**
     * Returns the model that is asked for, without reading its files.
     *
     * @throws ParameterException if the options contradict each other, or there is no such preset
     */
    ModelSource source() {
        if (preset == null ? file().isEmpty() : path != null) {
            throw new ParameterException(command.commandLine(), "give one of --model and --preset");
        }
        if (seed != null && preset == null) {
            throw new ParameterException(
                    command.commandLine(), "--seed is for --preset: a file has its weights");
        }
        if (experts.get().isPresent() && preset != null) {
            throw new ParameterException(
                    command.commandLine(),
                    ExpertOption.NAME + " is for --model: a preset has no file");
        }
        try {
            return preset == null
                    ? new ModelSource.Stored(file().orElseThrow())
                    : ModelSource.Shape.ofPreset(preset, seed == null ? 0 : seed);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), e.getMessage(), e);
        }
    }

    /** Returns the name for the lines. */
    String name() {
        return name != null ? name : source().name();
    }

    /** Loads it, or makes it of random weights. */
    BareModel load(Console console) throws IOException, MalformedModelException {
        return source().load(format.get(), experts.get(), console);
    }

    /** Returns the options that load the same file in the same way, if it is one. */
    Optional<List<String>> arguments() {
        return preset == null ? file().map(this::arguments) : Optional.empty();
    }

    private List<String> arguments(Path file) {
        List<String> arguments = new ArrayList<>(List.of("--model", file.toString()));
        experts.get()
                .ifPresent(where -> arguments.addAll(List.of(ExpertOption.NAME, where.name())));
        return arguments;
    }

    private Optional<Path> file() {
        return Optional.ofNullable(path).or(SmallModel::path);
    }
}
