package io.github.lapidary;

import ai.djl.Device;
import io.github.lapidary.checkpoint.ProgressListener;
import io.github.lapidary.kernel.format.WeightFormat;
import java.util.Optional;

/**
 * How a model is loaded.
 *
 * @param format the format of its weights; by default what the device is good at
 * @param device where it runs; by default the engine's first GPU, or the CPU
 * @param listener hears how far loading is
 */
public record LoadOptions(
        Optional<WeightFormat> format, Optional<Device> device, ProgressListener listener) {

    /** Returns the options of a plain loading. */
    public static LoadOptions defaults() {
        return new LoadOptions(Optional.empty(), Optional.empty(), ProgressListener.NONE);
    }

    /** Returns these options with a format. */
    public LoadOptions withFormat(WeightFormat newFormat) {
        return new LoadOptions(Optional.of(newFormat), device, listener);
    }

    /** Returns these options with a device. */
    public LoadOptions withDevice(Device newDevice) {
        return new LoadOptions(format, Optional.of(newDevice), listener);
    }

    /** Returns these options with a listener. */
    public LoadOptions withListener(ProgressListener newListener) {
        return new LoadOptions(format, device, newListener);
    }
}
