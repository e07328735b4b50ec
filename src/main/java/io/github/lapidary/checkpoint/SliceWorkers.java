package io.github.lapidary.checkpoint;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A few threads that fill weights slice by slice, each with a buffer of its own.
 *
 * <p>The buffers live as long as the workers: direct memory is freed only when the heap happens to
 * be collected, so that a new buffer for every weight would add up to gigabytes.
 */
final class SliceWorkers implements AutoCloseable {

    private static final int MOST_THREADS = 4;

    /** What is done to each slice. */
    @FunctionalInterface
    interface Task {

        /**
         * Works on a slice, while other threads work on others.
         *
         * @param buffer a direct buffer in native order, for the task's use until it returns
         */
        void run(int slice, ByteBuffer buffer) throws IOException;
    }

    private final ByteBuffer[] buffers;
    private final ExecutorService threads;

    /** Starts one worker for each processor, but at most four. */
    SliceWorkers() {
        int count = Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors());
        buffers = new ByteBuffer[count];
        Arrays.setAll(buffers, worker -> ByteBuffer.allocateDirect(0));
        threads = Executors.newFixedThreadPool(count, SliceWorkers::thread);
    }

    private static Thread thread(Runnable work) {
        Thread thread = new Thread(work, "lapidary-weights");
        thread.setDaemon(true);
        return thread;
    }

    /**
     * Runs a task on the slices 0 to count - 1, in any order; when this returns none is running.
     *
     * @param bufferBytes the room that each slice needs
     * @throws IOException as the first slice that failed; later ones are then left out
     * @throws InterruptedIOException if this thread is interrupted
     */
    void run(int count, int bufferBytes, Task task) throws IOException {
        List<ByteBuffer> own = new ArrayList<>(); // all of them, before anyone begins
        for (int i = 0; i < Math.min(count, buffers.length); i++) {
            own.add(buffer(i, bufferBytes));
        }
        AtomicInteger next = new AtomicInteger();
        List<Future<?>> workers = new ArrayList<>();
        for (ByteBuffer buffer : own) {
            workers.add(threads.submit(() -> work(next, count, task, buffer)));
        }
        Throwable failure = null;
        boolean interrupted = false;
        for (Future<?> worker : workers) {
            boolean done = false;
            while (!done) {
                try {
                    worker.get();
                    done = true;
                } catch (InterruptedException e) {
                    interrupted = true;
                    next.set(count);
                } catch (ExecutionException e) {
                    failure = failure == null ? e.getCause() : failure;
                    done = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("The loading of weights was interrupted.");
        }
        rethrow(failure);
    }

    private ByteBuffer buffer(int worker, int bytes) {
        if (buffers[worker].capacity() < bytes) {
            buffers[worker] = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
        }
        return buffers[worker].clear();
    }

    private static Void work(AtomicInteger next, int count, Task task, ByteBuffer buffer)
            throws IOException {
        try {
            for (int slice = next.getAndIncrement();
                    slice < count;
                    slice = next.getAndIncrement()) {
                task.run(slice, buffer);
            }
        } finally {
            // After a failure nobody takes another slice.
            next.set(count);
        }
        return null;
    }

    private static void rethrow(Throwable failure) throws IOException {
        if (failure instanceof IOException e) {
            throw e;
        }
        if (failure instanceof RuntimeException e) {
            throw e;
        }
        if (failure instanceof Error e) {
            throw e;
        }
    }

    @Override
    public void close() {
        threads.shutdown();
    }
}
