package io.github.lapidary.training.run;

import java.nio.file.Path;

/** Follows a run; called from its thread. */
public interface RunListener {

    /** Does nothing. */
    RunListener NONE = new RunListener() {};

    /**
     * Hears that the run begins.
     *
     * @param step how many updates it has behind it
     * @param steps how many it is to have
     */
    default void started(long step, long steps) {}

    /** Hears what an update came to. */
    default void updated(Metrics metrics) {}

    /**
     * Hears that a part of a checkpoint is about to be written.
     *
     * @param step the updates behind it
     * @param part the file or folder
     */
    default void saving(long step, Path part) {}

    /** Hears what a person should know, though the run goes on. */
    default void noticed(String message) {}
}
