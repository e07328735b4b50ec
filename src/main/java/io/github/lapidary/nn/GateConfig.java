package io.github.lapidary.nn;

import java.util.OptionalDouble;

/**
 * The numbers of a gate that sends each token to two experts.
 *
 * @param hiddenSize M, the width of tokens
 * @param numExperts E, at least two
 * @param normalizeBeforeCapacity whether the two weights are made to sum to 1 before choices are
 *     dropped, not after
 * @param capacityFactor in training, how many times its fair share of a group's first choices an
 *     expert takes at most; empty for all
 * @param secondExpertThreshold in training, the weight from which on a second expert is always
 *     taken, below it with a chance of weight over threshold; empty for always
 * @param auxLossCoef what the loss of imbalance is multiplied by
 * @param zLossCoef what the mean square of the log-sum-exp of a token's logits is multiplied by in
 *     the loss (<a href="https://arxiv.org/abs/2202.08906">Zoph et al., ST-MoE</a>)
 * @param jitterNoise in training, the gate sees each number of a token times one between 1 minus
 *     this and 1 plus this (<a href="https://arxiv.org/abs/2101.03961">Fedus et al., Switch
 *     Transformers</a>); 0 for none
 */
public record GateConfig(
        int hiddenSize,
        int numExperts,
        boolean normalizeBeforeCapacity,
        OptionalDouble capacityFactor,
        OptionalDouble secondExpertThreshold,
        double auxLossCoef,
        double zLossCoef,
        double jitterNoise) {

    private static final int SLOTS = 4; // capacities are multiples of it

    /** Checks the numbers. */
    public GateConfig {
        check(hiddenSize >= 1, "A gate takes tokens of some width", hiddenSize);
        check(numExperts >= 2, "A gate chooses two of at least two experts", numExperts);
        capacityFactor.ifPresent(GateConfig::checkCapacityFactor);
        secondExpertThreshold.ifPresent(
                threshold ->
                        check(
                                threshold >= 0 && Double.isFinite(threshold),
                                "The threshold of second experts is a number from 0 on",
                                threshold));
        checkCoefficient("The coefficient of the loss", auxLossCoef);
        checkCoefficient("The coefficient of the z-loss", zLossCoef);
        check(
                jitterNoise >= 0 && jitterNoise < 1,
                "The noise of jitter is a number from 0 to below 1",
                jitterNoise);
    }

    private static void checkCoefficient(String name, double coefficient) {
        check(
                coefficient >= 0 && Double.isFinite(coefficient),
                name + " is a number from 0 on",
                coefficient);
    }

    /**
     * Returns GShard's gate without a capacity, a z-loss or jitter, and with a loss coefficient of
     * 0.01.
     */
    public static GateConfig of(int hiddenSize, int numExperts) {
        return new GateConfig(
                hiddenSize,
                numExperts,
                true,
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                0.01,
                0,
                0);
    }

    static void checkCapacityFactor(double factor) {
        check(
                factor > 0 && Double.isFinite(factor),
                "A capacity factor is a number above 0",
                factor);
    }

    private static void check(boolean right, String rule, Number found) {
        if (!right) {
            throw new IllegalArgumentException(rule + ", not " + found + ".");
        }
    }

    /**
     * Returns how many tokens of a group an expert takes: {@code ⌊size · factor / E⌋}, or 4 where
     * that is 0, rounded up to a multiple of 4.
     *
     * @param size the places of the group, those of padding too
     */
    public long capacity(long size, double factor) {
        long share = (long) (size * factor / numExperts);
        long capacity = share == 0 ? SLOTS : share;
        return capacity + Math.floorMod(-capacity, SLOTS);
    }
}
