package io.github.lapidary.scheduling;

import java.io.Serial;

/** Tells that too many wait for their turn already; later there may be room again. */
public final class QueueFullException extends IllegalStateException {

    @Serial private static final long serialVersionUID = 1L;

    /** Says how many wait. */
    QueueFullException(int waiting) {
        super("The model is busy and " + waiting + " requests wait already: try again later.");
    }
}
