package io.github.lapidary.checkpoint;

/** Follows the loading or writing of a checkpoint. */
@FunctionalInterface
public interface ProgressListener {

    /** Does nothing. */
    ProgressListener NONE = (done, total) -> {};

    /**
     * Hears how many of the weights are through; called from the loading or writing thread.
     *
     * @param done the parameters' elements so far, growing from 0 to total
     * @param total all elements
     */
    void progress(long done, long total);
}
