package io.github.lapidary.text.jinja;

import io.github.lapidary.text.jinja.Value.Nothing;
import io.github.lapidary.text.jinja.Value.Undefined;
import io.github.lapidary.text.jinja.Value.Whole;
import java.util.ArrayList;
import java.util.List;

/** Filters that take a filter or test by name, and use it on each element. */
final class SelectionFilters {

    private SelectionFilters() {}

    /** Returns what a path such as {@code function.name} leads to; the element if there is none. */
    static Value path(Value path, Value element, Rendering rendering) {
        if (path == null || path == Nothing.NONE) {
            return element;
        }
        if (!(path instanceof Text text)) {
            return Members.item(element, path, rendering);
        }
        Value value = element;
        for (Value step : TextOperations.split(text, Text.own("."), -1, rendering)) {
            String name = ((Text) step).characters();
            Value key = name.matches("[0-9]{1,18}") ? new Whole(Long.parseLong(name)) : (Text) step;
            value = Members.item(value, key, rendering);
        }
        return value;
    }

    static Value map(Value value, Arguments arguments, Rendering rendering) {
        List<Value> mapped = new ArrayList<>();
        if (arguments.positional().isEmpty()) {
            Value[] bound = arguments.bind(0, "attribute", "default");
            if (bound[0] == null) {
                throw new JinjaException("the filter map has no filter and no attribute.");
            }
            for (Value element : elements(value, rendering)) {
                Value found = path(bound[0], element, rendering);
                boolean missing =
                        found instanceof Undefined && bound[1] != null && bound[1] != Nothing.NONE;
                mapped.add(missing ? bound[1] : found);
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
            if (holds(test, path(path, element, rendering), rendering) == kept) {
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
