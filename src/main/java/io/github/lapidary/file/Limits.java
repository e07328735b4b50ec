package io.github.lapidary.file;

/**
 * How much a header may ask for before it is refused, several times what released models need.
 *
 * <p>A hostile file must not make a reader allocate much more than its own size.
 */
final class Limits {

    /** Bytes of a header; safetensors' own limit, kept for every header here. */
    static final int HEADER_BYTES = 100_000_000;

    static final int TENSORS = 1 << 20;

    static final int DIMENSIONS = 8;

    /** Characters of a tensor's name. */
    static final int NAME_LENGTH = 1_024;

    static final int KEYS = 1 << 16;

    /** GGUF: the bytes of a key; the format's own limit. */
    static final int KEY_BYTES = 65_535;

    /** GGUF: the bytes of one string. */
    static final int STRING_BYTES = 16 << 20;

    /** GGUF: the elements of all arrays together; Gemma's vocabulary with merges needs 1.3M. */
    static final int ARRAY_ELEMENTS = 1 << 22;

    private Limits() {}
}
