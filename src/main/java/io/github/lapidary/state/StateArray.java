package io.github.lapidary.state;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.kernel.format.WeightFormat;
import java.util.Arrays;

/**
 * An array of a layer's state, and how much of it a file has to hold.
 *
 * @param name what it is called among the layer's own: {@code keys}
 * @param array the array, [A, B, ...]; at least two sizes
 * @param format the type of its elements
 * @param first the first place in A that is in use
 * @param places how many places in A are in use
 * @param used how much of B is in use, from the front; all of it for arrays without room to spare
 */
public record StateArray(
        String name, NDArray array, WeightFormat format, long first, long places, long used) {

    /**
     * Checks the sizes.
     *
     * @throws IllegalArgumentException if there are fewer than two, or more is used than there is
     */
    public StateArray {
        Shape shape = array.getShape();
        if (shape.dimension() < 2
                || first < 0
                || places < 0
                || places > shape.get(0) - first
                || used < 0
                || used > shape.get(1)) {
            throw new IllegalArgumentException(
                    "The state %s has the shape %s, of which [%d, %d] from %d on cannot be used."
                            .formatted(name, shape, places, used, first));
        }
    }

    /** Describes an array whose places in A are all in use. */
    public StateArray(String name, NDArray array, WeightFormat format, long used) {
        this(name, array, format, 0, array.getShape().get(0), used);
    }

    /** Returns the sizes of what a file holds. */
    Shape shape() {
        long[] sizes = array.getShape().getShape().clone();
        sizes[0] = places;
        sizes[1] = used;
        return new Shape(sizes);
    }

    /** Returns the bytes of all elements of one place in A and B. */
    long rowBytes() {
        long[] sizes = array.getShape().getShape();
        return Arrays.stream(sizes, 2, sizes.length).reduce(format.bytes(), Math::multiplyExact);
    }
}
