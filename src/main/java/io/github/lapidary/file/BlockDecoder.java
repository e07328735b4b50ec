package io.github.lapidary.file;

/** Turns stored blocks into floats, with the very operations of the format's reference. */
interface BlockDecoder {

    /** Decodes blocks from the start of one array to the start of the other. */
    void decode(byte[] bytes, float[] floats, int blocks);
}
