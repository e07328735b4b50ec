package io.github.lapidary.generation;

import java.util.Locale;

/** Why a generation ended. */
public enum FinishReason {
    /** A stop token or a stop string came. */
    STOP,
    /** The most tokens that were asked for, or the end of the model's context, were reached. */
    LENGTH,
    /** The caller cancelled it. */
    CANCELLED,
    /** Its time was over. */
    DEADLINE;

    /** Returns the name used in JSON: lower case. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
