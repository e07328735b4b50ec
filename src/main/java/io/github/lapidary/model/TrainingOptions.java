package io.github.lapidary.model;

import io.github.lapidary.kernel.format.WeightFormat;

/**
 * How a model is trained.
 *
 * @param format what products are computed in. With bfloat16 they work on copies, half as large,
 *     while weights, gradients and everything else stay float32
 * @param recomputation whether a layer's inner results are computed again for its gradients, not
 *     kept: a third more time, but memory for one layer only
 * @param logits whether a pass with labels gives logits, for a loss of DJL, and not the loss
 */
public record TrainingOptions(WeightFormat format, boolean recomputation, boolean logits) {

    /** Returns those of a new model: float32, nothing recomputed, the loss. */
    public static TrainingOptions defaults() {
        return new TrainingOptions(WeightFormat.FLOAT32, false, false);
    }

    /** Returns these with another format. */
    public TrainingOptions withFormat(WeightFormat newFormat) {
        return new TrainingOptions(newFormat, recomputation, logits);
    }

    /** Returns these with recomputation or without. */
    public TrainingOptions withRecomputation(boolean newRecomputation) {
        return new TrainingOptions(format, newRecomputation, logits);
    }

    /** Returns these with logits or with the loss. */
    public TrainingOptions withLogits(boolean newLogits) {
        return new TrainingOptions(format, recomputation, newLogits);
    }
}
