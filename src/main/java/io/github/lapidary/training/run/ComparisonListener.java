package io.github.lapidary.training.run;

/** Follows a comparison and its runs; called from its thread. */
public interface ComparisonListener extends RunListener {

    /** Does nothing. */
    ComparisonListener NONE = new ComparisonListener() {};

    /**
     * Hears which run's turn it is; one that is finished is passed over.
     *
     * @param number its place among all runs, from 1
     * @param count how many runs there are
     */
    default void next(ComparedRun run, int number, int count) {}
}
