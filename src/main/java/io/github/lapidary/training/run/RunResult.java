package io.github.lapidary.training.run;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What a run came to.
 *
 * @param end why it ended
 * @param step how many updates it has behind it
 * @param loss the loss of the last update
 * @param best how good the best model was on the texts held out, if there are any
 * @param bestStep after which update; 0 if there are none
 * @param folder the folder of the model, or of the checkpoint if the run was interrupted
 */
public record RunResult(
        End end, long step, double loss, Optional<Quality> best, long bestStep, Path folder) {

    /** Why a run ended. */
    public enum End {
        /** All updates were done. */
        FINISHED,
        /** Validations brought nothing better for long enough. */
        STOPPED_EARLY,
        /** The thread was interrupted; the run was saved. */
        INTERRUPTED
    }
}
