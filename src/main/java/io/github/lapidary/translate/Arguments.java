package io.github.lapidary.translate;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What {@code Criteria}, a URL or serving.properties say about a model, by name.
 *
 * @param values texts, or other values that are read by their text
 */
record Arguments(Map<String, ?> values) {

    /** What there is to say. */
    static final List<String> NAMES =
            List.of(
                    "dtype",
                    "context",
                    "expertPlacement",
                    "concurrency",
                    "queue",
                    "maxNewTokens",
                    "maxSeconds",
                    "maxPrompts",
                    "maxBodyBytes");

    /** Returns an argument's text, if it is there. */
    Optional<String> text(String name) {
        return Optional.ofNullable(values.get(name)).map(value -> value.toString().strip());
    }

    /**
     * Returns a count, if it is there.
     *
     * @throws IllegalArgumentException if it is not a whole number from the least on
     */
    OptionalInt count(String name, int least) {
        Optional<String> text = text(name);
        if (text.isEmpty()) {
            return OptionalInt.empty();
        }
        if (text.get().matches("[0-9]{1,9}") && Integer.parseInt(text.get()) >= least) {
            return OptionalInt.of(Integer.parseInt(text.get()));
        }
        throw new IllegalArgumentException(
                "The argument "
                        + name
                        + " allows whole numbers from "
                        + least
                        + " on; found "
                        + text.get()
                        + ".");
    }
}
