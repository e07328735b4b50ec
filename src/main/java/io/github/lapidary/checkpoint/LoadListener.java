package io.github.lapidary.checkpoint;

/** Follows the loading of a checkpoint. */
@FunctionalInterface
public interface LoadListener {

    /** Does nothing. */
    LoadListener NONE = (done, total) -> {};

    /**
     * Hears how much of the weights is loaded.
     *
     * @param done parameters' elements so far
     * @param total all elements
     */
    void progress(long done, long total);
}
