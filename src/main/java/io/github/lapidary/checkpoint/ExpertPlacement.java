package io.github.lapidary.checkpoint;

import java.util.Arrays;
import java.util.Locale;

/**
 * Where the experts of a sparse model are when it runs in bfloat16 on a processor; in float32 they
 * are always used where they lie in their file.
 */
public enum ExpertPlacement {
    /** {@link #PACKED} if the memory has room for that, else where they lie. */
    AUTOMATIC,
    /** Each in a copy in memory that the processor multiplies fastest. */
    PACKED,
    /**
     * Where they lie in their file, in the layout they have there: what a token does not choose
     * need not be in memory. Experts stored in another type than the model computes in, or not one
     * after another, cannot lie there; such a checkpoint is refused.
     */
    IN_FILE;

    /**
     * Returns the placement of such a name, as on the command line and in the arguments of DJL.
     *
     * @throws IllegalArgumentException if there is none; the message lists the names
     */
    public static ExpertPlacement of(String name) {
        return Arrays.stream(values())
                .filter(placement -> placement.toString().equals(name))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "The placement of experts is one of "
                                                + Arrays.toString(values())
                                                + ", not "
                                                + name
                                                + "."));
    }

    /** Returns the name, as {@link #of} reads it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
