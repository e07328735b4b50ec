package io.github.lapidary.scheduling;

import io.github.lapidary.generation.GenerationRequest;
import io.github.lapidary.generation.GenerationResult;
import io.github.lapidary.kernel.ModelClosedException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * Runs a few tasks at a time, each whole, first come, first served.
 *
 * <p>Its threads start when there is work and end when there has been none for a while.
 */
public final class FairQueue implements Scheduler {

    private static final long IDLE_SECONDS = 5;

    private final Function<List<GenerationRequest>, List<GenerationResult>> generator;
    private final int mostRunning;
    private final ThreadPoolExecutor threads;
    private final AtomicInteger taken = new AtomicInteger();

    /**
     * Makes an empty queue.
     *
     * @param mostRunning how many tasks run at once, at least 1; each computes with all threads
     *     that the engine has
     * @param generator runs the requests of a task together
     */
    public FairQueue(
            int mostRunning, Function<List<GenerationRequest>, List<GenerationResult>> generator) {
        if (mostRunning < 1) {
            throw new IllegalArgumentException(
                    "At least 1 task must run at once, not " + mostRunning + ".");
        }
        this.mostRunning = mostRunning;
        this.generator = generator;
        threads =
                new ThreadPoolExecutor(
                        mostRunning,
                        mostRunning,
                        IDLE_SECONDS,
                        TimeUnit.SECONDS,
                        new LinkedBlockingQueue<>(),
                        daemons());
        threads.allowCoreThreadTimeOut(true);
    }

    private static ThreadFactory daemons() {
        AtomicInteger number = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, "lapidary-generation-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    @Override
    public CompletableFuture<List<GenerationResult>> submit(
            List<GenerationRequest> requests, int mostWaiting) {
        List<GenerationRequest> own = List.copyOf(requests);
        take(mostWaiting);
        CompletableFuture<List<GenerationResult>> future = new CompletableFuture<>();
        try {
            threads.execute(() -> run(own, future));
        } catch (RejectedExecutionException e) {
            taken.decrementAndGet();
            throw new ModelClosedException();
        } catch (Error e) { // the system has no thread for it
            taken.decrementAndGet();
            throw e;
        }
        return future;
    }

    private void take(int mostWaiting) {
        long most = (long) mostRunning + mostWaiting;
        int before = taken.getAndUpdate(count -> count < most ? count + 1 : count);
        if (before >= most) {
            throw new QueueFullException(before - mostRunning);
        }
    }

    private void run(
            List<GenerationRequest> requests, CompletableFuture<List<GenerationResult>> future) {
        List<GenerationResult> results;
        try {
            results = generator.apply(requests);
        } catch (RuntimeException | Error e) {
            taken.decrementAndGet();
            future.completeExceptionally(e);
            return;
        }
        taken.decrementAndGet(); // before anybody hears of it, and comes with the next
        future.complete(results);
    }

    @Override
    public void close() {
        threads.shutdown();
    }
}
