package io.github.lapidary.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Metrics that the same runs give.
 *
 * @param prompt tokens that a run reads first
 * @param metrics what it is measured for
 */
record LengthTask(int prompt, List<LengthCurve.Metric> metrics) {

    private static final int SHORTEST_GENERATION = 128;
    private static final int STEP_COST = 20; // in tokens of a prompt: a step reads all weights too

    /** Returns the tasks for prompts of the lengths, and for a generation unless it is 0 long. */
    static List<LengthTask> of(List<Integer> lengths, int generate) {
        List<LengthTask> tasks = new ArrayList<>();
        for (int tokens : lengths) {
            tasks.add(
                    new LengthTask(
                            tokens,
                            List.of(
                                    LengthCurve.PREFILL.at(tokens),
                                    LengthCurve.AT_CONTEXT.at(tokens))));
        }
        if (generate > 0) {
            tasks.add(new LengthTask(LengthCurve.PROMPT, generated(generate)));
        }
        return tasks;
    }

    /** Doubles the length until the whole is reached. */
    private static List<LengthCurve.Metric> generated(int whole) {
        List<LengthCurve.Metric> metrics = new ArrayList<>();
        for (int tokens = SHORTEST_GENERATION; tokens < whole; tokens *= 2) {
            metrics.add(LengthCurve.GENERATED.at(tokens));
        }
        metrics.add(LengthCurve.GENERATED.at(whole));
        return metrics;
    }

    /** Returns the task for some of the metrics alone. */
    LengthTask only(Predicate<LengthCurve.Metric> wanted) {
        return new LengthTask(prompt, metrics.stream().filter(wanted).toList());
    }

    /** Returns how many tokens a run adds. */
    int steps() {
        return metrics.stream().mapToInt(LengthCurve.Metric::steps).max().orElse(0);
    }

    /** Returns about how long a run takes, in tokens of a prompt. */
    long cost() {
        return prompt + cost(steps());
    }

    /** Returns about how long steps take, in tokens of a prompt. */
    static long cost(int steps) {
        return (long) STEP_COST * steps;
    }
}
