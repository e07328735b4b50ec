package io.github.lapidary.translate;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Reads the fields of a JSON object, each once, and in the end refuses those that nobody has read.
 *
 * <p>A field that is {@code null} counts as missing.
 */
final class Fields {

    private static final int LONGEST_QUOTE = 60;

    private final String where;
    private final JsonObject object;
    private final Set<String> known = new TreeSet<>();

    /** Begins to read; messages name the place. */
    Fields(String where, JsonObject object) {
        this.where = where;
        this.object = object;
    }

    /** Returns a field of any type. */
    Optional<JsonElement> element(String name) {
        known.add(name);
        return Optional.ofNullable(object.get(name)).filter(value -> !value.isJsonNull());
    }

    Optional<String> text(String name) throws RequestException {
        JsonElement value = element(name).orElse(null);
        if (value == null || isText(value)) {
            return Optional.ofNullable(value).map(JsonElement::getAsString);
        }
        throw problem(name, "a string", value);
    }

    Optional<Boolean> truth(String name) throws RequestException {
        JsonElement value = element(name).orElse(null);
        if (value == null || isTruth(value)) {
            return Optional.ofNullable(value).map(JsonElement::getAsBoolean);
        }
        throw problem(name, "true or false", value);
    }

    boolean isTrue(String name) throws RequestException {
        return truth(name).orElse(false);
    }

    Optional<Double> number(String name) throws RequestException {
        Optional<JsonElement> value = element(name);
        return value.isEmpty() ? Optional.empty() : Optional.of(number(name, value.get()));
    }

    private double number(String name, JsonElement value) throws RequestException {
        if (value instanceof JsonPrimitive primitive
                && primitive.isNumber()
                && Double.isFinite(primitive.getAsDouble())) {
            return primitive.getAsDouble();
        }
        throw problem(name, "a number", value);
    }

    Optional<Integer> integer(String name) throws RequestException {
        Optional<Long> value = longInteger(name);
        if (value.isPresent() && value.get() != value.get().intValue()) {
            throw problem(name, "a whole number below 2147483648", element(name).get());
        }
        return value.map(Long::intValue);
    }

    Optional<Long> longInteger(String name) throws RequestException {
        Optional<JsonElement> value = element(name);
        return value.isEmpty() ? Optional.empty() : Optional.of(longInteger(name, value.get()));
    }

    private long longInteger(String name, JsonElement value) throws RequestException {
        double number = number(name, value);
        String digits = value.getAsString();
        if (digits.matches("-?[0-9]{1,18}")) {
            return Long.parseLong(digits);
        }
        if (number == Math.rint(number) && Math.abs(number) < 1L << 53) {
            return (long) number; // 30.0 or 1e3
        }
        throw problem(name, "a whole number", value);
    }

    Optional<JsonObject> object(String name) throws RequestException {
        JsonElement value = element(name).orElse(null);
        if (value == null || value.isJsonObject()) {
            return Optional.ofNullable(value).map(JsonElement::getAsJsonObject);
        }
        throw problem(name, "an object", value);
    }

    Optional<JsonArray> list(String name) throws RequestException {
        JsonElement value = element(name).orElse(null);
        if (value == null || value.isJsonArray()) {
            return Optional.ofNullable(value).map(JsonElement::getAsJsonArray);
        }
        throw problem(name, "a list", value);
    }

    /** Returns a string, or a list of them. */
    List<String> texts(String name) throws RequestException {
        JsonElement value = element(name).orElse(null);
        if (value == null) {
            return List.of();
        }
        List<String> texts = new ArrayList<>();
        for (JsonElement text : value.isJsonArray() ? value.getAsJsonArray() : List.of(value)) {
            if (!isText(text)) {
                throw problem(name, "a string or a list of strings", text);
            }
            texts.add(text.getAsString());
        }
        return texts;
    }

    List<Integer> integers(String name) throws RequestException {
        List<Integer> numbers = new ArrayList<>();
        for (JsonElement value : list(name).orElse(new JsonArray())) {
            long number = longInteger(name, value);
            if (number != (int) number) {
                throw problem(name, "whole numbers below 2147483648", value);
            }
            numbers.add((int) number);
        }
        return numbers;
    }

    /** Refuses any other value than that which changes nothing. */
    void only(String name, Object value) throws RequestException {
        Optional<JsonElement> found = element(name);
        JsonElement allowed =
                value instanceof Number number
                        ? new JsonPrimitive(number)
                        : new JsonPrimitive((Boolean) value);
        if (found.isPresent() && !found.get().equals(allowed)) {
            throw problem(
                    name, "nothing but " + value + ", for no other is supported", found.get());
        }
    }

    /** Refuses fields that were not asked for. */
    void refuseOthers() throws RequestException {
        Set<String> unknown = new TreeSet<>(object.keySet());
        unknown.removeAll(known);
        if (!unknown.isEmpty()) {
            throw RequestException.badRequest(
                    "%s the unknown field %s; known are %s."
                            .formatted(
                                    where.isEmpty() ? "The request has" : where + " has",
                                    shortened(String.join(", ", unknown)),
                                    String.join(", ", known)));
        }
    }

    RequestException problem(String name, String expected, JsonElement found) {
        return RequestException.badRequest(
                "%s: expected %s, found %s."
                        .formatted(path(name), expected, shortened(found.toString())));
    }

    /** Returns how messages name a field. */
    String path(String name) {
        return where.isEmpty() ? name : where + "." + name;
    }

    private static boolean isText(JsonElement value) {
        return value instanceof JsonPrimitive primitive && primitive.isString();
    }

    private static boolean isTruth(JsonElement value) {
        return value instanceof JsonPrimitive primitive && primitive.isBoolean();
    }

    /** Returns the beginning of a long text. */
    static String shortened(String text) {
        return text.length() <= LONGEST_QUOTE ? text : text.substring(0, LONGEST_QUOTE) + "…";
    }
}
