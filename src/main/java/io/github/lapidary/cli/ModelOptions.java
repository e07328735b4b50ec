package io.github.lapidary.cli;

import ai.djl.MalformedModelException;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.LoadOptions;
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

    /** Returns the folder or file of the model. */
    Path model() {
        return model;
    }

    /** Loads it, and shows how far that is. */
    LanguageModel load(Console console) throws IOException, MalformedModelException {
        try (Progress progress = console.progress("Loading")) {
            LoadOptions options = LoadOptions.defaults().withListener(progress::update);
            return LanguageModel.load(model, format().map(options::withFormat).orElse(options));
        }
    }

    /** Returns the type to compute in, if one was asked for. */
    Optional<WeightFormat> format() {
        return format.get();
    }
}
