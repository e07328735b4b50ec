package io.github.lapidary;

import ai.djl.Device;
import io.github.lapidary.checkpoint.ExpertPlacement;
import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.kernel.format.WeightFormat;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How a model is loaded.
 *
 * @param format the format of its weights; by default what the device is good at
 * @param device where it runs; by default the engine's first GPU, or the CPU
 * @param contextLength how many tokens a text has at most, at least 1; by default as many as the
 *     model can
 * @param experts where the experts of a sparse model are; by default in memory if it has room
 * @param listener hears how far loading is
 */
public record LoadOptions(
        Optional<WeightFormat> format,
        Optional<Device> device,
        OptionalInt contextLength,
        ExpertPlacement experts,
        ProgressListener listener) {

    /**
     * Checks the length.
     *
     * @throws IllegalArgumentException if it is below 1
     */
    public LoadOptions {
        if (contextLength.isPresent() && contextLength.getAsInt() < 1) {
            throw new IllegalArgumentException(
                    "The context holds at least 1 token, not " + contextLength.getAsInt() + ".");
        }
    }

    /** Returns the options of a plain loading. */
    public static LoadOptions defaults() {
        return new LoadOptions(
                Optional.empty(),
                Optional.empty(),
                OptionalInt.empty(),
                ExpertPlacement.AUTOMATIC,
                ProgressListener.NONE);
    }

    /** Returns these options with a format. */
    public LoadOptions withFormat(WeightFormat newFormat) {
        return new LoadOptions(Optional.of(newFormat), device, contextLength, experts, listener);
    }

    /** Returns these options with a device. */
    public LoadOptions withDevice(Device newDevice) {
        return new LoadOptions(format, Optional.of(newDevice), contextLength, experts, listener);
    }

    /** Returns these options with a limit of the context's length. */
    public LoadOptions withContextLength(int tokens) {
        return new LoadOptions(format, device, OptionalInt.of(tokens), experts, listener);
    }

    /** Returns these options with a place for the experts of a sparse model. */
    public LoadOptions withExperts(ExpertPlacement placement) {
        return new LoadOptions(format, device, contextLength, placement, listener);
    }

    /** Returns these options with a listener. */
    public LoadOptions withListener(ProgressListener newListener) {
        return new LoadOptions(format, device, contextLength, experts, newListener);
    }
}
