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

    /** Returns the elements with a number added. */
    default FloatSource plus(float number) {
        return (first, floats) -> {
            int start = floats.position();
            read(first, floats);
            for (int i = start; i < floats.position(); i++) {
                floats.put(i, floats.get(i) + number);
            }
        };
    }
}
