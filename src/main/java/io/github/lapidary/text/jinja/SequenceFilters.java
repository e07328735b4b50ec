package io.github.lapidary.text.jinja;

import io.github.lapidary.text.jinja.Value.Nothing;
import io.github.lapidary.text.jinja.Value.Undefined;
import io.github.lapidary.text.jinja.Value.Whole;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Filters of lists and of whatever else can be walked through. */
final class SequenceFilters {

    private SequenceFilters() {}

    static Value length(Value value, Arguments arguments, Rendering rendering) {
        arguments.bind(0);
        return new Whole(Values.length(value, rendering));
    }

    static Value list(Value value, Arguments arguments, Rendering rendering) {
        arguments.bind(0);
        return Listing.list(Values.elements(value, rendering));
    }

    static Value first(Value value, Arguments arguments, Rendering rendering) {
        arguments.bind(0);
        List<Value> elements = Values.elements(value, rendering);
        return elements.isEmpty()
                ? new Undefined("there is no first item: the sequence is empty")
                : elements.get(0);
    }

    static Value last(Value value, Arguments arguments, Rendering rendering) {
        arguments.bind(0);
        reversible(value);
        List<Value> elements = Values.elements(value, rendering);
        return elements.isEmpty()
                ? new Undefined("there is no last item: the sequence is empty")
                : elements.get(elements.size() - 1);
    }

    private static void reversible(Value value) {
        if (value instanceof Listing listing && listing.kind() == Listing.Kind.GENERATOR) {
            throw new JinjaException(value.described() + " cannot be walked backwards.");
        }
    }

    static Value reverse(Value value, Arguments arguments, Rendering rendering) {
        arguments.bind(0);
        List<Value> elements = new ArrayList<>(Values.elements(value, rendering));
        rendering.spend(elements.size());
        Collections.reverse(elements);
        if (!(value instanceof Text)) {
            return Listing.generator(elements);
        }
        return TextBuilder.join(rendering, elements.toArray(new Text[0]));
    }

    static Value items(Value value, Arguments arguments, Rendering rendering) {
        arguments.bind(0);
        if (value instanceof Undefined) {
            return Listing.generator(List.of());
        }
        if (value instanceof Mapping mapping) {
            rendering.spend(mapping.size());
            return Listing.generator(mapping.items().values());
        }
        throw new JinjaException(value.described() + " has no items; expected a dict.");
    }

    static Value join(Value value, Arguments arguments, Rendering rendering) {
        Value[] bound = arguments.bind(0, "d", "attribute");
        Text separator = bound[0] == null ? Text.EMPTY : Representation.text(bound[0], rendering);
        TextBuilder builder = new TextBuilder(rendering);
        boolean first = true;
        for (Value element : Values.elements(value, rendering)) {
            Value part = SelectionFilters.path(bound[1], element, null, rendering);
            if (!first) {
                builder.append(separator);
            }
            first = false;
            builder.append(Representation.text(part, rendering));
        }
        return builder.text();
    }

    /** The filter {@code default}. */
    static Value otherwise(Value value, Arguments arguments, Rendering rendering) {
        Value[] bound = arguments.bind(0, "default_value", "boolean");
        if (value instanceof Undefined || (Arguments.truth(bound[1]) && !value.truth())) {
            return bound[0] == null ? Text.EMPTY : bound[0];
        }
        return value;
    }

    static Value batch(Value value, Arguments arguments, Rendering rendering) {
        Value[] bound = arguments.bind(1, "linecount", "fill_with");
        long size = Arguments.whole(bound[0], 0);
        if (size < 1) {
            throw new JinjaException("the filter batch makes groups of " + size + ".");
        }
        List<Value> batches = new ArrayList<>();
        List<Value> batch = new ArrayList<>();
        for (Value element : Values.elements(value, rendering)) {
            rendering.spend(1);
            if (batch.size() == size) {
                batches.add(Listing.list(batch));
                batch = new ArrayList<>();
            }
            batch.add(element);
        }
        if (!batch.isEmpty()) {
            while (bound[1] != null && bound[1] != Nothing.NONE && batch.size() < size) {
                rendering.spend(1);
                batch.add(bound[1]);
            }
            batches.add(Listing.list(batch));
        }
        return Listing.generator(batches);
    }

    /** The filter {@code attr}, which looks for methods only. */
    static Value attribute(Value value, Arguments arguments, Rendering rendering) {
        Text name = Arguments.text(arguments.bind(1, "name")[0]);
        if (value instanceof Namespace) {
            return Members.attribute(value, name, rendering);
        }
        throw new JinjaException("the filter attr of " + value.described() + " is not known.");
    }
}
