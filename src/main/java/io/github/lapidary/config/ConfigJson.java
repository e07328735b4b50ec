package io.github.lapidary.config;

import io.github.lapidary.file.MalformedFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A JSON object whose values are asked for by key and type.
 *
 * <p>To the {@code find} methods null means absent. A value of another type is a {@link
 * MalformedFileException} that names key, expected and found.
 */
final class ConfigJson {

    private static final int MAX_SHOWN = 80;

    private final Path file;
    private final String prefix;
    private final Map<String, Object> values;

    private ConfigJson(Path file, String prefix, Map<String, Object> values) {
        this.file = file;
        this.prefix = prefix;
        this.values = values;
    }

    /** Returns the file that it was read from. */
    Path file() {
        return file;
    }

    static ConfigJson read(Path file) throws IOException {
        return new ConfigJson(file, "", JsonText.read(file));
    }

    static ConfigJson parse(Path file, byte[] bytes) throws MalformedFileException {
        return new ConfigJson(file, "", JsonText.parse(file, bytes));
    }

    /** Returns this object with the other's values for the keys that are absent here. */
    ConfigJson withDefaults(Map<String, Object> defaults) {
        Map<String, Object> merged = new LinkedHashMap<>(defaults);
        merged.putAll(values);
        return new ConfigJson(file, prefix, merged);
    }

    Set<String> keys() {
        return values.keySet();
    }

    /** Returns whether the key is there, with whatever value. */
    boolean states(String key) {
        return values.containsKey(key);
    }

    /** Returns whether the key is there with a value other than null. */
    boolean has(String key) {
        return values.get(key) != null;
    }

    OptionalInt findInteger(String key) throws MalformedFileException {
        return has(key) ? OptionalInt.of(integer(key)) : OptionalInt.empty();
    }

    int integer(String key) throws MalformedFileException {
        return integer(key, value(key, "an integer"));
    }

    OptionalDouble findNumber(String key) throws MalformedFileException {
        return has(key) ? OptionalDouble.of(number(key)) : OptionalDouble.empty();
    }

    /** Returns a number that may be null, but has to be stated. */
    OptionalDouble numberOrNull(String key) throws MalformedFileException {
        if (!states(key)) {
            throw missing(key, "a number or null");
        }
        return findNumber(key);
    }

    double number(String key) throws MalformedFileException {
        String expected = "a finite number";
        Object value = value(key, expected);
        if (value instanceof Number number && Double.isFinite(number.doubleValue())) {
            return number.doubleValue();
        }
        throw wrongType(key, expected, value);
    }

    Optional<Boolean> findTruth(String key) throws MalformedFileException {
        return find(key, Boolean.class, "true or false");
    }

    Optional<String> findText(String key) throws MalformedFileException {
        return find(key, String.class, "a string");
    }

    String text(String key) throws MalformedFileException {
        return findText(key).orElseThrow(() -> missing(key, "a string"));
    }

    ConfigJson object(String key) throws MalformedFileException {
        return findObject(key).orElseThrow(() -> missing(key, "an object"));
    }

    Optional<ConfigJson> findObject(String key) throws MalformedFileException {
        return find(key, Map.class, "an object")
                .map(object -> new ConfigJson(file, prefix + key + ".", byName(object)));
    }

    List<String> texts(String key) throws MalformedFileException {
        String expected = "a list of strings";
        if (!(value(key, expected) instanceof List<?> list)) {
            throw wrongType(key, expected, values.get(key));
        }
        List<String> texts = new ArrayList<>();
        for (Object element : list) {
            if (!(element instanceof String text)) {
                throw wrongType(key, expected, element);
            }
            texts.add(text);
        }
        return texts;
    }

    List<Integer> findIds(String key) throws MalformedFileException {
        return has(key) ? ids(key) : List.of();
    }

    /** Returns the distinct integers of a list, or the one that stands there alone. */
    List<Integer> ids(String key) throws MalformedFileException {
        Object value = value(key, "an integer or a list of them");
        List<Integer> integers = new ArrayList<>();
        for (Object element : value instanceof List<?> list ? list : List.of(value)) {
            integers.add(integer(key, element));
        }
        return integers.stream().distinct().toList();
    }

    /** Returns an exception about a key; the problem starts after the key. */
    MalformedFileException problem(String key, String problem) {
        return new MalformedFileException(file, prefix + key + ": " + problem);
    }

    /** Returns an exception about two keys that contradict each other. */
    MalformedFileException contradiction(
            String key, Object value, String otherKey, Object otherValue) {
        return problem(
                key,
                value + " contradicts " + prefix + otherKey + ", which is " + otherValue + ".");
    }

    private <T> Optional<T> find(String key, Class<T> type, String expected)
            throws MalformedFileException {
        Object value = values.get(key);
        if (value != null && !type.isInstance(value)) {
            throw wrongType(key, expected, value);
        }
        return Optional.ofNullable(type.cast(value));
    }

    private Object value(String key, String expected) throws MalformedFileException {
        if (!has(key)) {
            throw missing(key, expected);
        }
        return values.get(key);
    }

    private int integer(String key, Object value) throws MalformedFileException {
        if (value instanceof Long number && number.intValue() == number) {
            return number.intValue();
        }
        throw wrongType(key, "an integer of 32 bits", value);
    }

    private MalformedFileException missing(String key, String expected) {
        String found = states(key) ? "null" : "no such key";
        return problem(key, "expected " + expected + ", found " + found + ".");
    }

    private MalformedFileException wrongType(String key, String expected, Object value) {
        String shown = value instanceof String ? "\"" + value + "\"" : String.valueOf(value);
        String found = shown.length() <= MAX_SHOWN ? shown : shown.substring(0, MAX_SHOWN) + "…";
        return problem(key, "expected " + expected + ", found " + found + ".");
    }

    private static Map<String, Object> byName(Map<?, ?> object) {
        Map<String, Object> values = new LinkedHashMap<>();
        object.forEach((key, value) -> values.put((String) key, value));
        return values;
    }
}
