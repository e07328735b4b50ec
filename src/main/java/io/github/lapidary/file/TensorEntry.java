package io.github.lapidary.file;

import java.nio.file.Path;
import java.util.List;

/**
 * Where a tensor lies: one row of a container's directory.
 *
 * @param name the container's name for it
 * @param type the type of its stored elements
 * @param shape its sizes, outermost first; elements are stored row by row
 * @param file the file that holds it
 * @param offset its first byte, counted from the start of the file
 */
public record TensorEntry(String name, StoredType type, List<Long> shape, Path file, long offset) {

    /** Makes the shape immutable. */
    public TensorEntry {
        shape = List.copyOf(shape);
    }

    /** Returns the number of elements. */
    public long elements() {
        return shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
    }

    /** Returns the number of bytes. */
    public long bytes() {
        return type.bytes(elements());
    }
}
