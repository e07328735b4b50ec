package io.github.lapidary.text.jinja;

import io.github.lapidary.text.jinja.Value.Undefined;
import java.util.ArrayList;
import java.util.List;

/** What can be walked through and counted. */
final class Values {

    private Values() {}

    /**
     * Returns the elements to walk through: of a list, the keys of a mapping, the characters of a
     * text.
     *
     * @throws JinjaException if the value has none
     */
    static List<Value> elements(Value value, Rendering rendering) {
        if (value instanceof Listing listing) {
            return listing.walk();
        }
        if (value instanceof Mapping mapping) {
            rendering.spend(mapping.size());
            return mapping.keys().values();
        }
        if (value instanceof Text text) {
            return characters(text, rendering);
        }
        if (value instanceof Undefined) {
            return List.of();
        }
        throw new JinjaException(value.described() + " cannot be walked through.");
    }

    private static List<Value> characters(Text text, Rendering rendering) {
        String characters = text.characters();
        rendering.spend(8L * characters.length()); // each becomes several objects
        List<Value> result = new ArrayList<>(characters.length());
        for (int i = 0; i < characters.length(); ) {
            int end = characters.offsetByCodePoints(i, 1);
            result.add(text.part(i, end));
            i = end;
        }
        return result;
    }

    /** Returns whether a value can be walked through. */
    static boolean isIterable(Value value) {
        return value instanceof Listing
                || value instanceof Mapping
                || value.asText() instanceof Text
                || value instanceof Loop
                || value instanceof Undefined;
    }

    /**
     * Returns how many elements there are.
     *
     * @throws JinjaException if the value has no length
     */
    static int length(Value value, Rendering rendering) {
        if (value instanceof Text text) {
            rendering.spendSearch(text.characters().length(), 1);
            return text.length();
        }
        if (value instanceof Mapping mapping) {
            return mapping.size();
        }
        if (value instanceof Undefined) {
            return 0;
        }
        if (value instanceof Listing listing && listing.kind() != Listing.Kind.GENERATOR) {
            return listing.values().size();
        }
        throw new JinjaException(value.described() + " has no length.");
    }
}
