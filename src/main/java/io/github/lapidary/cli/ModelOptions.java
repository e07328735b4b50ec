package io.github.lapidary.cli;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which model, and the type it computes in. */
final class ModelOptions {

    /** The types that a model can compute in. */
    enum ComputeType {
        FLOAT32,
        BFLOAT16;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Option(
            names = "--model",
            required = true,
            paramLabel = "PATH",
            description = "A Hugging Face folder, or a GGUF file.")
    private Path model;

    @Option(
            names = "--dtype",
            paramLabel = "TYPE",
            description = {
                "Compute in this type: ${COMPLETION-CANDIDATES}.",
                "Default: bfloat16 where the processor is good at it."
            })
    private ComputeType type;

    /** Returns the folder or file of the model. */
    Path model() {
        return model;
    }

    /** Returns the type to compute in, if one was asked for. */
    Optional<ComputeType> type() {
        return Optional.ofNullable(type);
    }
}
