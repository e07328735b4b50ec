package io.github.lapidary.kernel.format;

import java.util.Arrays;
import java.util.Locale;

/** A format in which weights are held and multiplied. */
public enum WeightFormat {
    /** IEEE 754, 32 bits; the format of training and of exact comparison. */
    FLOAT32(6, 4),
    /** The upper half of a float32: half the memory, about three significant digits. */
    BFLOAT16(15, 2);

    private final int number;
    private final int bytes;

    WeightFormat(int number, int bytes) {
        this.number = number;
        this.bytes = bytes;
    }

    /** Returns the engine's number of the type. */
    public int number() {
        return number;
    }

    /** Returns the bytes of an element. */
    public int bytes() {
        return bytes;
    }

    /**
     * Returns the format of such a name, as {@code dtype} of config.json and of the command line.
     *
     * @throws IllegalArgumentException if there is none; the message lists the names
     */
    public static WeightFormat of(String name) {
        return Arrays.stream(values())
                .filter(format -> format.toString().equals(name))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "The dtype is one of "
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
