package io.github.lapidary.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ends the process cleanly on Ctrl-C: the working thread is interrupted and gets time to close what
 * it holds.
 *
 * <p>Native code that is still at work when the process unloads its libraries may crash. So a
 * thread that does not end in time is stopped with the process.
 */
final class Interruption {

    private static final long PATIENCE_SECONDS = 3;
    private static final int EXIT_CODE = 130; // what a shell expects of a process ended by Ctrl-C

    private final CountDownLatch work = new CountDownLatch(1);

    private Interruption() {}

    /** Waits for Ctrl-C from now on, for the calling thread. */
    static Interruption ofThisThread() {
        Interruption interruption = new Interruption();
        Thread worker = Thread.currentThread();
        Thread hook = new Thread(() -> interruption.end(worker), "interruption");
        Runtime.getRuntime().addShutdownHook(hook);
        return interruption;
    }

    /** Tells that the thread has nothing left to close. */
    void workIsDone() {
        work.countDown();
    }

    private void end(Thread worker) {
        if (work.getCount() == 0) {
            return; // an exit of our own
        }
        worker.interrupt();
        try {
            if (work.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(EXIT_CODE);
    }
}
