package io.github.lapidary.cli;

import io.github.lapidary.checkpoint.ExpertPlacement;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where the experts of a sparse model are. */
final class ExpertOption {

    /** What it is called on the command line. */
    static final String NAME = "--expert-placement";

    @Option(
            names = NAME,
            paramLabel = "WHERE",
            description = {
                "Where a sparse model's experts are in bfloat16: ${COMPLETION-CANDIDATES}.",
                "Default: in memory, packed for the processor, if it has room."
            })
    private ExpertPlacement experts;

    /** Returns where they are to be, if that was asked for. */
    Optional<ExpertPlacement> get() {
        return Optional.ofNullable(experts);
    }
}
