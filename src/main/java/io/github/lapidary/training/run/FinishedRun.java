package io.github.lapidary.training.run;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What a run of a comparison came to.
 *
 * @param seed its seed
 * @param tokens how many tokens it was trained on, each as often as it came
 * @param tokensPerSecond the speed of the median update, which pauses and validations do not change
 * @param points its validations, at least one
 */
public record FinishedRun(int seed, long tokens, double tokensPerSecond, List<Point> points) {

    /**
     * A validation.
     *
     * @param step after which update
     * @param tokens how many tokens were trained on by then
     * @param quality how good the model was
     */
    public record Point(long step, long tokens, Quality quality) {}

    /** Takes a copy of the list. */
    public FinishedRun {
        points = List.copyOf(points);
    }

    static FinishedRun of(int seed, List<Metrics> metrics) {
        List<Point> points = new ArrayList<>();
        long tokens = 0;
        for (Metrics each : metrics) {
            tokens += each.tokens();
            long seen = tokens;
            each.heldOut().ifPresent(quality -> points.add(new Point(each.step(), seen, quality)));
        }
        double[] speeds = metrics.stream().mapToDouble(Metrics::tokensPerSecond).sorted().toArray();
        double median = (speeds[(speeds.length - 1) / 2] + speeds[speeds.length / 2]) / 2;
        return new FinishedRun(seed, tokens, median, points);
    }

    /** Returns how good the model was after the last update. */
    public Quality last() {
        return points.get(points.size() - 1).quality();
    }

    /** Returns how good it was when it was best. */
    public Quality best() {
        return points.stream()
                .map(Point::quality)
                .min(Comparator.comparingDouble(Quality::loss))
                .orElseThrow();
    }
}
