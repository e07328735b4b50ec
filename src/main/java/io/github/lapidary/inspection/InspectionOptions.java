package io.github.lapidary.inspection;

import io.github.lapidary.file.ProgressListener;
import java.util.Objects;

/**
 * How a checkpoint is inspected.
 *
 * @param scan whether the values of the tensors are read too, which takes about as long as loading
 * @param listener follows the scan, in elements
 */
public record InspectionOptions(boolean scan, ProgressListener listener) {

    /**
     * Checks the options.
     *
     * @throws NullPointerException if there is no listener
     */
    public InspectionOptions {
        Objects.requireNonNull(listener, "listener");
    }

    /** Returns options with the scan and without a listener. */
    public static InspectionOptions defaults() {
        return new InspectionOptions(true, ProgressListener.NONE);
    }

    /** Returns the options with another choice about the scan. */
    public InspectionOptions withScan(boolean other) {
        return new InspectionOptions(other, listener);
    }

    /** Returns the options with another listener. */
    public InspectionOptions withListener(ProgressListener other) {
        return new InspectionOptions(scan, other);
    }
}
