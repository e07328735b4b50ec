package io.github.lapidary.cli;

import io.github.lapidary.kernel.format.WeightFormat;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The type that a model computes in. */
final class FormatOption {

    /** What it is called in settings. */
    static final String NAME = "dtype";

    @Option(
            names = "--dtype",
            paramLabel = "TYPE",
            converter = Converter.class,
            description = {
                "Compute in this type: ${COMPLETION-CANDIDATES}.",
                "Default: bfloat16 where the processor is good at it."
            })
    private WeightFormat format;

    /** Returns the type that was asked for, if one was. */
    Optional<WeightFormat> get() {
        return Optional.ofNullable(format);
    }

    /** Reads a type by the name that it has in config.json. */
    private static final class Converter implements ITypeConverter<WeightFormat> {
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
