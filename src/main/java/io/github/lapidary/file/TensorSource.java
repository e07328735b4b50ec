package io.github.lapidary.file;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;

/** Hands out the bytes of a tensor when its turn to be written has come. */
@FunctionalInterface
public interface TensorSource {

    /**
     * Writes all bytes, row by row and little endian, in pieces of any size.
     *
     * @param out takes each buffer whole; it refuses more bytes than the tensor has
     * @throws IOException if the bytes cannot be had or written; the file is then abandoned
     */
    void write(WritableByteChannel out) throws IOException;
}
