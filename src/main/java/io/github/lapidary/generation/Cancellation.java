package io.github.lapidary.generation;

/** Ends generations from any thread: they look at it between chunks of the prompt and steps. */
public final class Cancellation {

    private volatile boolean cancelled;

    /** Asks every generation that was given this object to end; it cannot be taken back. */
    public void cancel() {
        cancelled = true;
    }

    /** Returns whether {@link #cancel()} was called. */
    public boolean isCancelled() {
        return cancelled;
    }
}
