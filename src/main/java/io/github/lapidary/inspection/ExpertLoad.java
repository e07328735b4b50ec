package io.github.lapidary.inspection;

import io.github.lapidary.nn.TokenRoute;
import java.util.Arrays;
import java.util.List;

/**
 * How a sparse layer's work is spread over its experts.
 *
 * @param tokens for each expert, how many tokens took it
 */
public record ExpertLoad(List<Integer> tokens) {

    /**
     * Makes the list immutable.
     *
     * @throws IllegalArgumentException if there are less than two experts, a count is below 0, or
     *     all are 0
     */
    public ExpertLoad {
        tokens = List.copyOf(tokens);
        if (tokens.size() < 2
                || tokens.stream().anyMatch(count -> count < 0)
                || tokens.stream().allMatch(count -> count == 0)) {
            throw new IllegalArgumentException(
                    "A load is what at least two experts took of at least a token, not "
                            + tokens
                            + ".");
        }
    }

    static ExpertLoad of(List<TokenRoute> routes, int numExperts) {
        Integer[] tokens = new Integer[numExperts];
        Arrays.fill(tokens, 0);
        for (TokenRoute route : routes) {
            tokens[route.firstExpert()]++;
            tokens[route.secondExpert()]++;
        }
        return new ExpertLoad(List.of(tokens));
    }

    /** Returns the part of the layer's work that an expert does; those of all sum to 1. */
    public double share(int expert) {
        return tokens.get(expert) / sum();
    }

    private double sum() {
        return tokens.stream().mapToLong(Integer::longValue).sum();
    }

    /**
     * Returns {@code -Σ share · ln(share) / ln(experts)}: 1 where all do as much, 0 where one does
     * everything. Since a token takes two experts, it is never below ln 2 / ln(experts).
     */
    public double entropy() {
        double sum = sum();
        double entropy = 0;
        for (int count : tokens) {
            if (count > 0) {
                entropy -= count / sum * Math.log(count / sum);
            }
        }
        return entropy / Math.log(tokens.size());
    }

    /** Returns how many times as much as the mean the busiest expert does, at least 1. */
    public double maximumOverMean() {
        int maximum = tokens.stream().mapToInt(Integer::intValue).max().orElseThrow();
        return maximum * tokens.size() / sum();
    }

    /** Returns how many experts no token took. */
    public int idle() {
        return Math.toIntExact(tokens.stream().filter(count -> count == 0).count());
    }
}
