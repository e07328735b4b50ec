package io.github.lapidary.generation;

import java.util.ArrayList;
import java.util.List;

/**
 * How likely the model held a token and its rivals.
 *
 * <p>These are natural logarithms of the model's own distribution, {@code logit − log Σ exp(logit)}
 * summed in double precision: before penalties, bias, temperature and filters, so a token may be
 * generated that is not among the likeliest here.
 *
 * @param chosen the log-probability of the token in question
 * @param top the likeliest tokens, the likeliest first, the lower id first among equals
 */
public record LogProbabilities(double chosen, List<Entry> top) {

    /**
     * A token and its log-probability.
     *
     * @param id the token
     * @param logProbability its log-probability, at most 0
     */
    public record Entry(int id, double logProbability) {}

    /** Makes the list immutable. */
    public LogProbabilities {
        top = List.copyOf(top);
    }

    /**
     * Computes them from a token's logits.
     *
     * @param logits one number for each token of the vocabulary; not changed
     * @param chosen the id of the token in question
     * @param topCount how many of the likeliest are wanted; a smaller vocabulary gives fewer
     * @throws IllegalArgumentException if the id is outside the vocabulary or the count negative
     * @throws ArithmeticException if a logit is NaN or positive infinity, or none is finite
     */
    public static LogProbabilities of(float[] logits, int chosen, int topCount) {
        if (chosen < 0 || chosen >= logits.length) {
            throw new IllegalArgumentException(
                    "Token "
                            + chosen
                            + " is outside the vocabulary; there are logits for "
                            + logits.length
                            + " tokens.");
        }
        if (topCount < 0) {
            throw new IllegalArgumentException(
                    "The count of likeliest tokens must be at least 0; found " + topCount + ".");
        }
        double normalizer = logSumExp(logits);
        List<Entry> top = new ArrayList<>();
        for (int id : greatest(logits, Math.min(topCount, logits.length))) {
            top.add(new Entry(id, logits[id] - normalizer));
        }
        return new LogProbabilities(logits[chosen] - normalizer, top);
    }

    private static double logSumExp(float[] logits) {
        double peak = Peak.of(logits).logit();
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - peak);
        }
        return peak + Math.log(sum);
    }

    /** Returns the ids of the greatest logits, in falling order: an insertion sort of a few. */
    private static int[] greatest(float[] logits, int count) {
        int[] ids = new int[count];
        int size = 0;
        for (int id = 0; id < logits.length && count > 0; id++) {
            if (size < count || logits[id] > logits[ids[size - 1]]) {
                int place = size < count ? size++ : size - 1;
                for (; place > 0 && logits[ids[place - 1]] < logits[id]; place--) {
                    ids[place] = ids[place - 1];
                }
                ids[place] = id;
            }
        }
        return ids;
    }
}
