package io.github.lapidary.text.jinja;

import io.github.lapidary.text.jinja.Value.Nothing;
import io.github.lapidary.text.jinja.Value.Undefined;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Filters that sort, or look for the greatest, the least, or the first of its kind. */
final class OrderFilters {

    private OrderFilters() {}

    /** An element with what it is sorted by. */
    private record Keyed(Value element, Value key) {}

    static Value sort(Value value, Arguments arguments, Rendering rendering) {
        Value[] bound = arguments.bind(0, "reverse", "case_sensitive", "attribute");
        boolean caseSensitive = Arguments.truth(bound[1]);
        List<Keyed> sorted = new ArrayList<>();
        for (Value element : Values.elements(value, rendering)) {
            List<Value> keys = new ArrayList<>();
            for (Value path : paths(bound[2], rendering)) {
                keys.add(
                        key(
                                SelectionFilters.path(path, element, null, rendering),
                                caseSensitive,
                                rendering));
            }
            sorted.add(new Keyed(element, Listing.list(keys)));
        }
        return sorted(sorted, Arguments.truth(bound[0]), rendering);
    }

    /** Returns the attributes of which commas part the names. */
    private static List<Value> paths(Value attribute, Rendering rendering) {
        return attribute instanceof Text text
                ? TextOperations.split(text, Text.own(","), -1, rendering)
                : Collections.singletonList(attribute);
    }

    private static Value key(Value value, boolean caseSensitive, Rendering rendering) {
        return !caseSensitive && value instanceof Text text
                ? TextOperations.lower(text, rendering)
                : value;
    }

    private static Value sorted(List<Keyed> list, boolean reverse, Rendering rendering) {
        Comparator<Keyed> order = (a, b) -> Comparison.compare(a.key(), b.key(), rendering);
        Sorting.sort(list, reverse ? order.reversed() : order, rendering);
        List<Value> elements = new ArrayList<>();
        list.forEach(keyed -> elements.add(keyed.element()));
        return Listing.list(elements);
    }

    static Value sortMapping(Value value, Arguments arguments, Rendering rendering) {
        Value[] bound = arguments.bind(0, "case_sensitive", "by", "reverse");
        String by = bound[1] == null ? "key" : Arguments.text(bound[1]).characters();
        if (!(value instanceof Mapping mapping)) {
            throw new JinjaException("dictsort of " + value.described() + "; expected a dict.");
        }
        if (!by.equals("key") && !by.equals("value")) {
            throw new JinjaException("dictsort by " + by + "; expected key or value.");
        }
        List<Keyed> sorted = new ArrayList<>();
        for (Mapping.Entry entry : mapping.entries()) {
            Value key = by.equals("key") ? entry.key() : entry.value();
            sorted.add(
                    new Keyed(
                            Listing.tuple(entry.key(), entry.value()),
                            key(key, Arguments.truth(bound[0]), rendering)));
        }
        return sorted(sorted, Arguments.truth(bound[2]), rendering);
    }

    static Value min(Value value, Arguments arguments, Rendering rendering) {
        return extreme(value, arguments, -1, rendering);
    }

    static Value max(Value value, Arguments arguments, Rendering rendering) {
        return extreme(value, arguments, 1, rendering);
    }

    private static Value extreme(Value value, Arguments arguments, int sign, Rendering rendering) {
        Value[] bound = arguments.bind(0, "case_sensitive", "attribute");
        Keyed best = null;
        for (Value element : Values.elements(value, rendering)) {
            Value found = SelectionFilters.path(bound[1], element, null, rendering);
            Value key = key(found, Arguments.truth(bound[0]), rendering);
            if (best == null || sign * Comparison.compare(key, best.key(), rendering) > 0) {
                best = new Keyed(element, key);
            }
        }
        return best == null
                ? new Undefined("there is no such item: the sequence is empty")
                : best.element();
    }

    static Value unique(Value value, Arguments arguments, Rendering rendering) {
        Value[] bound = arguments.bind(0, "case_sensitive", "attribute");
        Set<Object> seen = new HashSet<>();
        List<Value> unique = new ArrayList<>();
        for (Value element : Values.elements(value, rendering)) {
            rendering.spend(1);
            Value found = SelectionFilters.path(bound[1], element, null, rendering);
            Value key = key(found, Arguments.truth(bound[0]), rendering);
            Object hashable =
                    key instanceof Undefined
                            ? Nothing.class
                            : Mapping.hashable(key, rendering)
                                    .orElseThrow(
                                            () ->
                                                    new JinjaException(
                                                            "unique of " + key.described() + "."));
            if (seen.add(hashable)) {
                unique.add(element);
            }
        }
        return Listing.generator(unique);
    }
}
