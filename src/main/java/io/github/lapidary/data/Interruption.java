package io.github.lapidary.data;

import java.io.IOException;
import java.io.InterruptedIOException;

/** Tells interruptions from other failures: an interrupted thread's channels fail in many ways. */
final class Interruption {

    private Interruption() {}

    /** Refuses to go on if this thread is interrupted. */
    static void check(String task) throws InterruptedIOException {
        if (Thread.currentThread().isInterrupted()) {
            throw of(task, null);
        }
    }

    /** Returns a failure as it is, or as an interruption if it is one. */
    static IOException told(String task, IOException failure) {
        boolean interrupted = Thread.currentThread().isInterrupted();
        return interrupted && !(failure instanceof InterruptedIOException)
                ? of(task, failure)
                : failure;
    }

    private static InterruptedIOException of(String task, IOException cause) {
        InterruptedIOException interruption =
                new InterruptedIOException(task + " was interrupted.");
        interruption.initCause(cause);
        return interruption;
    }
}
