package io.github.lapidary.training.run;

import ai.djl.training.tracker.Tracker;

/**
 * The learning rate over a run: up in a straight line, then down.
 *
 * @param peak the largest
 * @param warmup how many updates it takes to get there
 * @param last that of the last update
 * @param schedule how it goes down
 * @param updates the length of the run
 */
public record LearningRate(double peak, int warmup, double last, Schedule schedule, int updates)
        implements Tracker {

    /** How a learning rate goes from its peak to its end. */
    public enum Schedule {
        /** It stays at the peak. */
        CONSTANT,
        /** Half a cosine wave: slowly, faster, slowly. */
        COSINE,
        /** In a straight line. */
        LINEAR
    }

    /** Returns the rate of an update, from 1. */
    public double at(long update) {
        if (update <= warmup) {
            return peak * update / warmup;
        }
        if (updates <= warmup) {
            return peak;
        }
        double part = Math.min(1, (double) (update - warmup) / (updates - warmup));
        return switch (schedule) {
            case CONSTANT -> peak;
            case COSINE -> last + (peak - last) * (1 + Math.cos(Math.PI * part)) / 2;
            case LINEAR -> peak + (last - peak) * part;
        };
    }

    @Override
    public float getNewValue(int update) {
        return (float) at(update);
    }
}
