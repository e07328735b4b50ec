package io.github.lapidary.checkpoint;

import java.io.IOException;
import java.nio.FloatBuffer;

/** The elements of a tensor, as float32, whatever they are made from. */
@FunctionalInterface
interface FloatSource {

    /**
     * Fills a buffer.
     *
     * @param first the tensor's element that comes first; a multiple of 256
     */
    void read(long first, FloatBuffer floats) throws IOException;
}
