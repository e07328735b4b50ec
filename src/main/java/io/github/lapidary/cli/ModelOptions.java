package io.github.lapidary.cli;

import ai.djl.MalformedModelException;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.LoadOptions;
import io.github.lapidary.checkpoint.ExpertPlacement;
import io.github.lapidary.kernel.format.WeightFormat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which model, and the type it computes in. */
final class ModelOptions {

    @Option(
            names = "--model",
            required = true,
            paramLabel = "PATH",
            description = {
                "A Hugging Face folder, or a GGUF file.",
                "Default of generate, score and bench: the small model that comes with Lapidary."
            })
    private Path model;

    @Mixin private FormatOption format;

    @Option(
            names = "--expert-placement",
            paramLabel = "WHERE",
            description = {
                "Where a sparse model's experts are in bfloat16: ${COMPLETION-CANDIDATES}.",
                "Default: in memory, packed for the processor, if it has room."
            })
    private ExpertPlacement experts;

    /** Returns the folder or file of the model. */
    Path model() {
        return model;
    }

    /** Loads it, and shows how far that is. */
    LanguageModel load(Console console) throws IOException, MalformedModelException {
        LoadOptions options = LoadOptions.defaults();
        options = format().map(options::withFormat).orElse(options);
        return load(model, experts().map(options::withExperts).orElse(options), console);
    }

    /** Loads any model, and shows how far that is. */
    static LanguageModel load(Path model, LoadOptions options, Console console)
            throws IOException, MalformedModelException {
        try (Progress progress = console.progress("Loading")) {
            return LanguageModel.load(model, options.withListener(progress::update));
        }
    }

    /** Returns the type to compute in, if one was asked for. */
    Optional<WeightFormat> format() {
        return format.get();
    }

    /** Returns where the experts are to be, if that was asked for. */
    Optional<ExpertPlacement> experts() {
        return Optional.ofNullable(experts);
    }
}
