package io.github.lapidary.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The model that comes with Lapidary, for commands that name none. */
final class SmallModel implements IDefaultValueProvider {

    /** The folder of models, which the launcher names. */
    static final String FOLDER = "lapidary.models";

    /** Returns its folder, if it is there. */
    static Optional<Path> path() {
        return Optional.ofNullable(System.getProperty(FOLDER))
                .map(folder -> Path.of(folder, "tiny-gemma"))
                .filter(Files::isDirectory);
    }

    @Override
    public String defaultValue(ArgSpec argument) {
        return argument instanceof OptionSpec option && option.longestName().equals("--model")
                ? path().map(Path::toString).orElse(null)
                : null;
    }
}
