package io.github.lapidary.data;

import java.util.List;

/**
 * How much weight a source has among others in the course of a run.
 *
 * <p>Between two points the weight goes in a straight line; before the first and after the last it
 * stays. Weights are relative: a source's share is its weight over the sum of all.
 *
 * @param points the points, by ascending batch, one at least
 */
public record WeightSchedule(List<Point> points) {

    /**
     * A weight at a moment.
     *
     * @param batch the number of batches before
     * @param weight the weight, 0 or above
     */
    public record Point(long batch, double weight) {

        /**
         * Checks the numbers.
         *
         * @throws IllegalArgumentException if one is negative, or the weight is not finite
         */
        public Point {
            if (batch < 0 || !(weight >= 0) || Double.isInfinite(weight)) {
                throw new IllegalArgumentException(
                        "The weight %s at batch %d is not possible.".formatted(weight, batch));
            }
        }
    }

    /**
     * Copies the points.
     *
     * @throws IllegalArgumentException if there is none, or their order is another
     */
    public WeightSchedule {
        points = List.copyOf(points);
        for (int i = 0; i + 1 < points.size(); i++) {
            if (points.get(i).batch() >= points.get(i + 1).batch()) {
                throw new IllegalArgumentException(
                        "The points of a weight do not ascend: " + points + ".");
            }
        }
        if (points.isEmpty()) {
            throw new IllegalArgumentException("A weight has no point.");
        }
    }

    /** Returns a weight that stays. */
    public static WeightSchedule constant(double weight) {
        return new WeightSchedule(List.of(new Point(0, weight)));
    }

    /** Returns a weight that jumps at a batch to another. */
    public static WeightSchedule jump(double before, long batch, double after) {
        return new WeightSchedule(List.of(new Point(batch - 1, before), new Point(batch, after)));
    }

    /** Returns the weight for a batch, counted from 0. */
    public double at(long batch) {
        int next = 0;
        while (next < points.size() && points.get(next).batch() <= batch) {
            next++;
        }
        if (next == 0 || next == points.size()) {
            return points.get(Math.max(0, next - 1)).weight();
        }
        Point before = points.get(next - 1);
        Point after = points.get(next);
        double part = (double) (batch - before.batch()) / (after.batch() - before.batch());
        return before.weight() + part * (after.weight() - before.weight());
    }
}
