package io.github.lapidary.file;

/** Follows a task that takes a while. */
@FunctionalInterface
public interface ProgressListener {

    /** Does nothing. */
    ProgressListener NONE = (done, total) -> {};

    /**
     * Hears how much is done; called from the thread that started the task.
     *
     * @param done what is done so far, growing from 0 to total
     * @param total all there is to do, in the unit that the task names
     */
    void progress(long done, long total);
}
