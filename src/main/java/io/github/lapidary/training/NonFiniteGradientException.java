package io.github.lapidary.training;

/** Says that a gradient is infinite or no number; nothing was changed by the update. */
public final class NonFiniteGradientException extends IllegalStateException {

    private static final long serialVersionUID = 1;

    private final long update;
    private final String parameter;

    NonFiniteGradientException(long update, String parameter) {
        super(
                "The gradient of "
                        + parameter
                        + " is not finite in update "
                        + update
                        + "; the weights are as they were, and the gradients were dropped.");
        this.update = update;
        this.parameter = parameter;
    }

    /** Returns the number of the update that was refused, from 1. */
    public long update() {
        return update;
    }

    /** Returns the path of the first such parameter. */
    public String parameter() {
        return parameter;
    }
}
