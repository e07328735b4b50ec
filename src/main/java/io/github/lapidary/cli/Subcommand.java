package io.github.lapidary.cli;

import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/** What commands below a command check that may also be used without them. */
final class Subcommand {

    private Subcommand() {}

    /** Refuses options of the command above, which would count for nothing. */
    static void checkPlaces(CommandSpec spec) {
        List<String> misplaced =
                spec.parent().commandLine().getParseResult().matchedOptions().stream()
                        .filter(option -> !option.inherited())
                        .map(OptionSpec::longestName)
                        .toList();
        String rule = "after " + spec.name() + ", not before it, goes";
        check(spec, misplaced.isEmpty(), rule, misplaced);
    }

    /** Refuses what an option was given. */
    static void check(CommandSpec spec, boolean right, String message, Object found) {
        if (!right) {
            throw new ParameterException(spec.commandLine(), message + " " + found);
        }
    }
}
