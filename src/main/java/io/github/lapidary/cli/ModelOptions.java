package io.github.lapidary.cli;

import io.github.lapidary.kernel.format.WeightFormat;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Which model, and the type it computes in. */
final class ModelOptions {

    @Option(
            names = "--model",
            required = true,
            paramLabel = "PATH",
            description = "A Hugging Face folder, or a GGUF file.")
    private Path model;

    @Option(
            names = "--dtype",
            paramLabel = "TYPE",
            converter = FormatConverter.class,
            description = {
                "Compute in this type: ${COMPLETION-CANDIDATES}.",
                "Default: bfloat16 where the processor is good at it."
            })
    private WeightFormat type;

    /** Returns the folder or file of the model. */
    Path model() {
        return model;
    }

    /** Returns the type to compute in, if one was asked for. */
    Optional<WeightFormat> type() {
        return Optional.ofNullable(type);
    }

    /** Reads a type by the name that it has in config.json. */
    private static final class FormatConverter implements ITypeConverter<WeightFormat> {
        @Override
        public WeightFormat convert(String name) {
            try {
                return WeightFormat.of(name.toLowerCase(Locale.ROOT));
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }
}
