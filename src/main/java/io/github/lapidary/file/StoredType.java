package io.github.lapidary.file;

/**
 * The type in which a container stores the elements of a tensor.
 *
 * <p>Elements are stored in blocks: one element a block for plain numbers, 32 or 256 for the
 * quantised types of GGUF, which a block's own scales describe.
 */
public enum StoredType {
    /** IEEE 754, 32 bits. */
    F32(1, 4),
    /** IEEE 754, 16 bits. */
    F16(1, 2),
    /** The upper half of an F32. */
    BF16(1, 2),
    /** IEEE 754, 64 bits. */
    F64(1, 8),
    /** Signed, 8 bits. */
    I8(1, 1),
    /** Signed, 16 bits. */
    I16(1, 2),
    /** Signed, 32 bits. */
    I32(1, 4),
    /** Signed, 64 bits. */
    I64(1, 8),
    /** Unsigned, 8 bits. */
    U8(1, 1),
    /** A truth value in a byte. */
    BOOL(1, 1),
    /** 4 bits and an F16 scale for 32 elements. */
    Q4_0(32, 18),
    /** 4 bits, an F16 scale and an F16 minimum for 32 elements. */
    Q4_1(32, 20),
    /** 5 bits and an F16 scale for 32 elements. */
    Q5_0(32, 22),
    /** 5 bits, an F16 scale and an F16 minimum for 32 elements. */
    Q5_1(32, 24),
    /** 8 bits and an F16 scale for 32 elements. */
    Q8_0(32, 34),
    /** 2 bits, 16 groups with 4-bit scales and minima for 256 elements. */
    Q2_K(256, 84),
    /** 3 bits, 16 groups with 6-bit scales for 256 elements. */
    Q3_K(256, 110),
    /** 4 bits, 8 groups with 6-bit scales and minima for 256 elements. */
    Q4_K(256, 144),
    /** 5 bits, 8 groups with 6-bit scales and minima for 256 elements. */
    Q5_K(256, 176),
    /** 6 bits, 16 groups with 8-bit scales for 256 elements. */
    Q6_K(256, 210);

    private final int blockElements;
    private final int blockBytes;

    StoredType(int blockElements, int blockBytes) {
        this.blockElements = blockElements;
        this.blockBytes = blockBytes;
    }

    /** Returns how many elements a block holds. */
    public int blockElements() {
        return blockElements;
    }

    /** Returns how many bytes a block takes. */
    public int blockBytes() {
        return blockBytes;
    }

    /** Returns whether blocks of several elements share their scales. */
    public boolean isQuantised() {
        return blockElements > 1;
    }

    /**
     * Returns the bytes that so many elements take.
     *
     * @throws IllegalArgumentException if the elements do not fill whole blocks
     * @throws ArithmeticException if the bytes do not fit a long
     */
    public long bytes(long elements) {
        if (elements < 0 || elements % blockElements != 0) {
            throw new IllegalArgumentException(
                    this
                            + " stores blocks of "
                            + blockElements
                            + " elements, not "
                            + elements
                            + ".");
        }
        return Math.multiplyExact(elements / blockElements, blockBytes);
    }
}
