package io.github.lapidary.model;

/**
 * How a model is trained.
 *
 * @param format what numbers it is trained with
 * @param recomputation whether a layer's inner results are computed again for its gradients, not
 *     kept: a third more time, but memory for one layer only
 * @param logits whether a pass with labels gives logits, for a loss of DJL, and not the loss
 */
public record TrainingOptions(TrainingFormat format, boolean recomputation, boolean logits) {

    /** Returns those of a new model: float32, nothing recomputed, the loss. */
    public static TrainingOptions defaults() {
        return new TrainingOptions(TrainingFormat.FLOAT32, false, false);
    }

    /** Returns these with another format. */
    public TrainingOptions withFormat(TrainingFormat newFormat) {
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
