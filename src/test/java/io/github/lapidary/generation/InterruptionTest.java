package io.github.lapidary.generation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class InterruptionTest {

    private final Cancellation cancellation = new Cancellation();
    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 500);

    @Test
    void theDeadlineCountsFromTheStartAlsoWhenTheClockOverflows() {
        var interruption = interruption(Optional.of(Duration.ofNanos(1000)));
        clock.addAndGet(999);
        assertEquals(Optional.empty(), interruption.reason());
        clock.addAndGet(1);
        assertEquals(Optional.of(FinishReason.DEADLINE), interruption.reason());
    }

    @Test
    void theLongestDeadlineNeverComes() {
        var interruption = interruption(Optional.of(Duration.ofSeconds(Long.MAX_VALUE)));
        clock.addAndGet(Long.MAX_VALUE);
        assertEquals(Optional.empty(), interruption.reason());
    }

    @Test
    void aCancellationComesFirst() {
        var interruption = interruption(Optional.of(Duration.ofNanos(1)));
        clock.addAndGet(1);
        cancellation.cancel();
        assertEquals(Optional.of(FinishReason.CANCELLED), interruption.reason());
    }

    private Interruption interruption(Optional<Duration> deadline) {
        return new Interruption(cancellation, deadline, clock::get);
    }
}
