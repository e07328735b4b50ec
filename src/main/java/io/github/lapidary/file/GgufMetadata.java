package io.github.lapidary.file;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;

/**
 * The key-value part of a GGUF file.
 *
 * <p>Values are {@link Long} (all integer types), {@link Double} (both float types), {@link
 * Boolean}, {@link String}, or arrays: {@code long[]}, {@code double[]}, {@code boolean[]}, {@code
 * List<String>}.
 */
public final class GgufMetadata {

    private final Map<String, Object> values;

    /** Wraps the values, which are of the types named above. */
    public GgufMetadata(Map<String, Object> values) {
        this.values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    /** Returns the keys in the order of the file. */
    public Set<String> keys() {
        return values.keySet();
    }

    /** Returns whether there is such a key. */
    public boolean contains(String key) {
        return values.containsKey(key);
    }

    /**
     * Returns a value.
     *
     * @throws NoSuchElementException if the key is missing, or its value of another type; the
     *     message names key, expected and found type
     */
    public <T> T get(String key, Class<T> type) {
        return find(key, type)
                .orElseThrow(
                        () ->
                                new NoSuchElementException(
                                        "GGUF metadata: the key "
                                                + key
                                                + " is missing; expected a "
                                                + type.getSimpleName()
                                                + "."));
    }

    /**
     * Returns a value if its key is there.
     *
     * @throws NoSuchElementException if the value is of another type
     */
    public <T> Optional<T> find(String key, Class<T> type) {
        Object value = values.get(key);
        if (value != null && !type.isInstance(value)) {
            throw new NoSuchElementException(
                    "GGUF metadata: the key "
                            + key
                            + " holds a "
                            + value.getClass().getSimpleName()
                            + "; expected a "
                            + type.getSimpleName()
                            + ".");
        }
        return Optional.ofNullable(type.cast(value));
    }

    /** Returns a list of strings. */
    public List<String> strings(String key) {
        List<?> list = get(key, List.class);
        return list.stream().map(String.class::cast).toList();
    }
}
