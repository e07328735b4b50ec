package io.github.lapidary.text.jinja;

import io.github.lapidary.text.jinja.Value.Nothing;
import io.github.lapidary.text.jinja.Value.Undefined;
import io.github.lapidary.text.jinja.Value.Whole;
import java.util.ArrayList;
import java.util.List;

/** Filters that take a filter or test by name, and use it on each element. */
final class SelectionFilters {

    private SelectionFilters() {}

    /**
     * Returns what a path such as {@code function.name} leads to; the element if there is none.
     *
     * @param otherwise stands for what is not there on the way; null if nothing does
     */
    static Value path(Value path, Value element, Value otherwise, Rendering rendering) {
        if (path == null || path == Nothing.NONE) {
            return element;
        }
        Value value = element;
        for (Value key : keys(path, rendering)) {
            value = Members.item(value, key, rendering);
            if (value instanceof Undefined && otherwise != null) {
                value = otherwise;
            }
        }
        return value;
    }

    private static List<Value> keys(Value path, Rendering rendering) {
        if (!(path instanceof Text text)) {
            return List.of(path);
        }
        List<Value> keys = TextOperations.split(text, Text.own("."), -1, rendering);
        keys.replaceAll(SelectionFilters::key);
        return keys;
    }

    private static Value key(Value step) {
        String name = ((Text) step).characters();
        return name.matches("[0-9]{1,18}") ? new Whole(Long.parseLong(name)) : step;
    }

    static Value map(Value value, Arguments arguments, Rendering rendering) {
        List<Value> mapped = new ArrayList<>();
        if (arguments.positional().isEmpty()) {
            Value[] bound = arguments.bind(0, "attribute", "default");
            if (bound[0] == null) {
                throw new JinjaException("the filter map has no filter and no attribute.");
            }
            Value otherwise = bound[1] == Nothing.NONE ? null : bound[1];
            for (Value element : elements(value, rendering)) {
                mapped.add(path(bound[0], element, otherwise, rendering));
            }
        } else {
            String filter = Arguments.text(arguments.positional().get(0)).characters();
            Arguments rest = arguments.after(1);
            for (Value element : elements(value, rendering)) {
                mapped.add(Filters.apply(filter, element, rest, rendering));
            }
        }
        return Listing.generator(mapped);
    }

    static Value select(Value value, Arguments arguments, Rendering rendering) {
        return select(value, null, arguments, true, rendering);
    }

    static Value reject(Value value, Arguments arguments, Rendering rendering) {
        return select(value, null, arguments, false, rendering);
    }

    static Value selectAttribute(Value value, Arguments arguments, Rendering rendering) {
        return select(value, firstOf(arguments), arguments.after(1), true, rendering);
    }

    static Value rejectAttribute(Value value, Arguments arguments, Rendering rendering) {
        return select(value, firstOf(arguments), arguments.after(1), false, rendering);
    }

    private static Value firstOf(Arguments arguments) {
        if (arguments.positional().isEmpty()) {
            throw new JinjaException("the name of an attribute is missing.");
        }
        return arguments.positional().get(0);
    }

    private static Value select(
            Value value, Value path, Arguments test, boolean kept, Rendering rendering) {
        List<Value> selected = new ArrayList<>();
        for (Value element : elements(value, rendering)) {
            if (holds(test, path(path, element, null, rendering), rendering) == kept) {
                selected.add(element);
            }
        }
        return Listing.generator(selected);
    }

    private static boolean holds(Arguments test, Value value, Rendering rendering) {
        if (test.positional().isEmpty()) {
            return value.truth();
        }
        String name = Arguments.text(test.positional().get(0)).characters();
        return Tests.test(name, value, test.after(1), rendering);
    }

    /** Returns the elements; these filters take whatever is false for empty. */
    private static List<Value> elements(Value value, Rendering rendering) {
        List<Value> elements = value.truth() ? Values.elements(value, rendering) : List.of();
        rendering.spend(elements.size());
        return elements;
    }
}
