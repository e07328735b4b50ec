package io.github.lapidary.kernel;

/** Thrown to whoever still uses a model that was closed. */
public final class ModelClosedException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    /** Says that the model was closed. */
    public ModelClosedException() {
        super("The model was closed.");
    }
}
