package io.github.lapidary.model;

import java.util.OptionalDouble;

/**
 * How a model is trained.
 *
 * @param format what numbers it is trained with
 * @param recomputation whether a layer's inner results are computed again for its gradients, not
 *     kept: a third more time, but memory for one layer only
 * @param logits whether a pass with labels gives logits, for a loss of DJL, and not the loss. The
 *     gradients are then those of that loss alone: neither the experts' loss of imbalance nor the
 *     square of the logits' log-sum-exp can be in them
 * @param zLossCoef the factor of the mean square of the logits' log-sum-exp in the loss; empty for
 *     the configuration's
 * @param capacityFactor how many times its fair share of tokens an expert takes at most; empty for
 *     the configuration's
 * @param batchCompetes whether all tokens of a batch compete for experts, not those of each row
 */
public record TrainingOptions(
        TrainingFormat format,
        boolean recomputation,
        boolean logits,
        OptionalDouble zLossCoef,
        OptionalDouble capacityFactor,
        boolean batchCompetes) {

    /** Checks the numbers. */
    public TrainingOptions {
        check(zLossCoef, zLossCoef.orElse(0) >= 0, "The factor of the z-loss is 0 or more");
        check(capacityFactor, capacityFactor.orElse(1) > 0, "A capacity factor is above 0");
    }

    private static void check(OptionalDouble number, boolean right, String rule) {
        if (!right || !Double.isFinite(number.orElse(0))) {
            throw new IllegalArgumentException(rule + ", not " + number.orElse(0) + ".");
        }
    }

    /** Returns those of a new model: float32, nothing recomputed, the loss; as configured. */
    public static TrainingOptions defaults() {
        return new TrainingOptions(
                TrainingFormat.FLOAT32,
                false,
                false,
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                false);
    }

    /** Returns these with another format. */
    public TrainingOptions withFormat(TrainingFormat newFormat) {
        return new TrainingOptions(
                newFormat, recomputation, logits, zLossCoef, capacityFactor, batchCompetes);
    }

    /** Returns these with recomputation or without. */
    public TrainingOptions withRecomputation(boolean newRecomputation) {
        return new TrainingOptions(
                format, newRecomputation, logits, zLossCoef, capacityFactor, batchCompetes);
    }

    /** Returns these with logits or with the loss. */
    public TrainingOptions withLogits(boolean newLogits) {
        return new TrainingOptions(
                format, recomputation, newLogits, zLossCoef, capacityFactor, batchCompetes);
    }

    /** Returns these with another factor of the z-loss. */
    public TrainingOptions withZLossCoef(double newCoef) {
        return new TrainingOptions(
                format,
                recomputation,
                logits,
                OptionalDouble.of(newCoef),
                capacityFactor,
                batchCompetes);
    }

    /** Returns these with another capacity of experts. */
    public TrainingOptions withCapacityFactor(double newFactor) {
        return new TrainingOptions(
                format,
                recomputation,
                logits,
                zLossCoef,
                OptionalDouble.of(newFactor),
                batchCompetes);
    }

    /** Returns these where the tokens of a whole batch compete for experts, or those of a row. */
    public TrainingOptions withBatchCompetes(boolean newBatchCompetes) {
        return new TrainingOptions(
                format, recomputation, logits, zLossCoef, capacityFactor, newBatchCompetes);
    }
}
