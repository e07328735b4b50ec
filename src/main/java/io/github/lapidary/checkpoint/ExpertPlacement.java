package io.github.lapidary.checkpoint;

import java.util.Arrays;
import java.util.Locale;

/**
 * Where the experts of a sparse model are.
 *
 * <p>Experts can be used where they lie in their file if that is on a processor's own machine, they
 * are stored in the type that the model computes in, and those of a layer begin at equal distances
 * in one file, as this library and others write them. What a token does not choose then need not be
 * in memory. If they lie apart, other matrices being between them, their weights cannot be trained
 * there by {@code AdamW}.
 */
public enum ExpertPlacement {
    /**
     * {@link #PACKED} if the memory has room for that, else where they lie. Those that cannot be
     * used where they lie are copied as they are; without room for that the checkpoint is refused.
     */
    AUTOMATIC,
    /**
     * In bfloat16 each in a copy in memory that the processor multiplies fastest; in float32 where
     * they lie one after another, or in a copy as they are.
     */
    PACKED,
    /** Where they lie; a checkpoint whose experts cannot be used there is refused. */
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
