package io.github.lapidary.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SliceWorkersTest {

    private static final int SLICES = 1000;

    private final SliceWorkers workers = new SliceWorkers();

    @AfterEach
    void close() {
        workers.close();
    }

    @Test
    void runsEachSliceOnceWithABufferThatNoOtherUses() throws IOException {
        List<Integer> slices = Collections.synchronizedList(new ArrayList<>());
        workers.run(
                SLICES,
                8,
                (slice, buffer) -> {
                    buffer.putInt(0, slice);
                    Thread.onSpinWait();
                    slices.add(buffer.getInt(0));
                });
        Collections.sort(slices);
        assertEquals(IntStream.range(0, SLICES).boxed().toList(), slices);
    }

    @Test
    void endsWithTheFailureOfASlice() {
        AtomicInteger started = new AtomicInteger();
        AtomicInteger running = new AtomicInteger();
        IOException failure = new IOException("broken");
        IOException thrown =
                assertThrows(
                        IOException.class,
                        () ->
                                workers.run(
                                        SLICES,
                                        8,
                                        (slice, buffer) -> {
                                            started.incrementAndGet();
                                            running.incrementAndGet();
                                            try {
                                                if (slice == 3) {
                                                    throw failure;
                                                }
                                                sleep(2);
                                            } finally {
                                                running.decrementAndGet();
                                            }
                                        }));
        assertEquals(failure, thrown);
        assertEquals(0, running.get());
        assertTrue(started.get() < SLICES / 2, started + " slices were started");
    }

    @Test
    void waitsForItsThreadsWhenInterrupted() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        AtomicInteger started = new AtomicInteger();
        AtomicInteger running = new AtomicInteger();
        List<Object> outcome = new ArrayList<>();
        Thread caller =
                new Thread(
                        () -> {
                            try {
                                workers.run(
                                        SLICES,
                                        8,
                                        (slice, buffer) -> {
                                            started.incrementAndGet();
                                            running.incrementAndGet();
                                            begun.countDown();
                                            sleep(20);
                                            running.decrementAndGet();
                                        });
                            } catch (IOException e) {
                                outcome.add(e.getClass());
                            }
                            outcome.add(Thread.currentThread().isInterrupted());
                            outcome.add(running.get());
                        });
        caller.start();
        begun.await();
        caller.interrupt();
        caller.join();
        assertEquals(List.of(InterruptedIOException.class, true, 0), outcome);
        assertTrue(started.get() < SLICES / 2, started + " slices were started");
    }

    private static void sleep(int milliseconds) throws InterruptedIOException {
        try {
            TimeUnit.MILLISECONDS.sleep(milliseconds);
        } catch (InterruptedException e) {
            throw new InterruptedIOException();
        }
    }
}
