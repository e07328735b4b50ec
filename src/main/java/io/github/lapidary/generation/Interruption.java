package io.github.lapidary.generation;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * What may end a generation from outside: the caller's cancellation, an interrupt of the thread
 * that generates, and the deadline.
 */
final class Interruption {

    private final Cancellation cancellation;
    private final Optional<Duration> deadline;
    private final LongSupplier nanoTime;
    private final long start;

    /**
     * Starts the clock.
     *
     * @param deadline how long the generation may take
     * @param nanoTime the clock, as {@link System#nanoTime()}
     */
    Interruption(Cancellation cancellation, Optional<Duration> deadline, LongSupplier nanoTime) {
        this.cancellation = cancellation;
        this.deadline = deadline;
        this.nanoTime = nanoTime;
        this.start = nanoTime.getAsLong();
    }

    /** Returns why the generation must end now, if it must; a cancellation comes first. */
    Optional<FinishReason> reason() {
        if (cancellation.isCancelled() || Thread.currentThread().isInterrupted()) {
            return Optional.of(FinishReason.CANCELLED);
        }
        return deadline.filter(this::isOver).map(limit -> FinishReason.DEADLINE);
    }

    private boolean isOver(Duration limit) {
        return Duration.ofNanos(nanoTime.getAsLong() - start).compareTo(limit) >= 0;
    }
}
