package io.github.lapidary.cli;

/** A number of bytes as people read it. */
final class ByteCount {

    private ByteCount() {}

    /** Returns three digits and a unit, in powers of 1,000. */
    static String text(long bytes) {
        return Quantity.text(bytes, "B");
    }
}
