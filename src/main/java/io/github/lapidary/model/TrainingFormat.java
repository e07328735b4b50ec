package io.github.lapidary.model;

import ai.djl.Device;
import io.github.lapidary.kernel.format.Processor;
import io.github.lapidary.kernel.format.WeightFormat;
import java.util.Locale;

/** The types of numbers that a model is trained with. */
public enum TrainingFormat {
    /** Everything is float32. */
    FLOAT32,
    /**
     * Products work on bfloat16 copies of the weights, made anew when these change; weights,
     * gradients, moments and everything else are float32.
     */
    MIXED,
    /**
     * Weights of products, their gradients and moments are bfloat16 themselves, half as large. What
     * is added to a number and is below a 256th of it may be lost.
     */
    BFLOAT16;

    /** Returns mixed where the processor is clearly faster at bfloat16, otherwise float32. */
    public static TrainingFormat preferred(Device device) {
        return Processor.preferredFormat(device) == WeightFormat.BFLOAT16 ? MIXED : FLOAT32;
    }

    /** Returns what the weights themselves are. */
    public WeightFormat weights() {
        return this == BFLOAT16 ? WeightFormat.BFLOAT16 : WeightFormat.FLOAT32;
    }

    /** Returns the name, as a run's configuration has it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
