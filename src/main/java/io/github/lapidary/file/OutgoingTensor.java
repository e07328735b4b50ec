package io.github.lapidary.file;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;

/**
 * A tensor to be written.
 *
 * @param name its name in the file
 * @param type its stored type, not a quantised one
 * @param shape its sizes, outermost first
 * @param source where its bytes come from
 */
public record OutgoingTensor(String name, StoredType type, List<Long> shape, TensorSource source) {

    /**
     * Checks what safetensors can hold.
     *
     * @throws IllegalArgumentException if the name is reserved, too long or no Unicode text, the
     *     type is quantised, or the shape has a negative size or too many
     */
    public OutgoingTensor {
        shape = List.copyOf(shape);
        if (name.equals(SafetensorsHeader.METADATA)
                || name.length() > Limits.NAME_LENGTH
                || !UTF_8.newEncoder().canEncode(name)) {
            throw new IllegalArgumentException(
                    "A tensor cannot be named \"%s\": the name is reserved, longer than %d, or no text."
                            .formatted(name, Limits.NAME_LENGTH));
        }
        if (type.isQuantised()) {
            throw new IllegalArgumentException(
                    "The tensor %s has the type %s, which safetensors lacks."
                            .formatted(name, type));
        }
        if (shape.size() > Limits.DIMENSIONS || shape.stream().anyMatch(size -> size < 0)) {
            throw new IllegalArgumentException(
                    "The tensor %s has the shape %s; expected at most %d sizes from 0."
                            .formatted(name, shape, Limits.DIMENSIONS));
        }
    }

    /** Returns the number of bytes. */
    public long bytes() {
        return type.bytes(shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact));
    }
}
