package io.github.lapidary.cli;

import io.github.lapidary.kernel.format.WeightFormat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which models are measured one after another. */
final class ModelChoices {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @ArgGroup(exclusive = true, multiplicity = "0..*")
    private List<Choice> choices = new ArrayList<>();

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Draw random weights from this. Default: 0.")
    private Long seed;

    @Mixin private FormatOption format;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = {
                "Call a model so in the lines; once for each, in their order.",
                "Default: the name of the file or the preset."
            })
    private List<String> names = new ArrayList<>();

    /** One model. */
    private static final class Choice {
        @Option(
                names = "--model",
                paramLabel = "PATH",
                description = "A Hugging Face folder, or a GGUF file; may be repeated.")
        private Path path;

        @Option(
                names = "--preset",
                paramLabel = "NAME",
                description =
                        "Random weights in the shape of a released model, such as gemma-2-2b; may"
                                + " be repeated.")
        private String preset;

        @Option(
                names = "--config",
                paramLabel = "FILE",
                description =
                        "Random weights in the shape that a config.json states; may be repeated.")
        private Path config;

        private ModelSource source(long seed) throws IOException {
            if (path != null) {
                return new ModelSource.Stored(path);
            }
            return preset != null
                    ? ModelSource.Shape.ofPreset(preset, seed)
                    : ModelSource.Shape.ofConfig(config, seed);
        }
    }

    /**
     * Returns the models in the order in which they were asked for.
     *
     * @throws ParameterException if the options contradict each other, or there is no such preset
     * @throws IOException if a file cannot be read or is not well formed
     */
    List<ComparedModel> models() throws IOException {
        checkCounts();
        List<ComparedModel> models = new ArrayList<>();
        for (int i = 0; i < choices.size(); i++) {
            ModelSource source = source(choices.get(i));
            String name = names.isEmpty() ? source.name() : names.get(i);
            models.add(new ComparedModel(name, source, source.config()));
        }
        HashSet<String> different = new HashSet<>();
        for (ComparedModel model : models) {
            if (!different.add(model.name())) {
                throw wrong("two models are called " + model.name() + "; --name tells them apart");
            }
        }
        return models;
    }

    private void checkCounts() {
        if (choices.isEmpty()) {
            throw wrong("give --model, --preset or --config, once or more");
        }
        if (!names.isEmpty() && names.size() != choices.size()) {
            throw wrong(
                    "--name is given once for each model or not at all; found %d for %d models"
                            .formatted(names.size(), choices.size()));
        }
        if (seed != null && choices.stream().allMatch(choice -> choice.path != null)) {
            throw wrong("--seed is for --preset and --config: a file has its weights");
        }
    }

    private ModelSource source(Choice choice) throws IOException {
        try {
            return choice.source(seed == null ? 0 : seed);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), e.getMessage(), e);
        }
    }

    private ParameterException wrong(String message) {
        return new ParameterException(command.commandLine(), message);
    }

    /** Returns the type that was asked for, if one was. */
    Optional<WeightFormat> format() {
        return format.get();
    }
}
