package io.github.lapidary.text.jinja;

import io.github.lapidary.text.jinja.Value.Markup;
import io.github.lapidary.text.jinja.Value.Nothing;
import io.github.lapidary.text.jinja.Value.Real;
import io.github.lapidary.text.jinja.Value.Truth;
import io.github.lapidary.text.jinja.Value.Whole;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The filter {@code tojson}, which writes JSON as Python's {@code json.dumps} does. */
final class JsonNotation {

    private final Rendering rendering;
    private final TextBuilder result;
    private final boolean ascii;
    private final Text indent;
    private final Text itemSeparator;
    private final Text keySeparator;
    private final boolean sorted;
    private int depth;

    private JsonNotation(Value[] arguments, Rendering rendering) {
        this.rendering = rendering;
        result = new TextBuilder(rendering);
        ascii = Arguments.truth(arguments[0]);
        indent = indent(arguments[1], rendering);
        List<Value> separators = separators(arguments[2]);
        itemSeparator = Arguments.text(separators.get(0));
        keySeparator = Arguments.text(separators.get(1));
        sorted = Arguments.truth(arguments[3]);
    }

    static Value write(Value value, Arguments arguments, Rendering rendering) {
        JsonNotation notation =
                new JsonNotation(
                        arguments.bind(0, "ensure_ascii", "indent", "separators", "sort_keys"),
                        rendering);
        notation.append(value);
        return notation.result.text();
    }

    private static Text indent(Value argument, Rendering rendering) {
        if (argument == null || argument == Nothing.NONE) {
            return null;
        }
        return argument instanceof Text text
                ? text
                : TextOperations.repeat(Text.foreign(" "), Arguments.whole(argument, 0), rendering);
    }

    private List<Value> separators(Value argument) {
        if (argument == null || argument == Nothing.NONE) {
            return List.of(Text.foreign(indent == null ? ", " : ","), Text.foreign(": "));
        }
        if (argument instanceof Listing listing && listing.values().size() == 2) {
            return listing.values();
        }
        throw new JinjaException("separators must be two texts.");
    }

    private void append(Value value) {
        rendering.spend(1);
        if (++depth > Limits.VALUE_DEPTH) {
            throw new JinjaException("a value is nested too deeply for tojson.");
        }
        if (value instanceof Listing listing
                && (listing.kind() == Listing.Kind.LIST || listing.kind() == Listing.Kind.TUPLE)) {
            list(listing.values());
        } else if (value instanceof Mapping mapping) {
            mapping(mapping);
        } else if (value instanceof Text text) {
            quote(text);
        } else if (value instanceof Markup markup) {
            quote(markup.text());
        } else {
            result.append(scalar(value));
        }
        depth--;
    }

    private static String scalar(Value value) {
        if (value instanceof Whole whole) {
            return Long.toString(whole.number());
        } else if (value instanceof Real real) {
            return real(real.number());
        } else if (value instanceof Truth truth) {
            return truth.truth() ? "true" : "false";
        } else if (value == Nothing.NONE) {
            return "null";
        } else {
            throw new JinjaException("a value of the type " + value.type() + " is not JSON.");
        }
    }

    private static String real(double number) {
        if (Double.isFinite(number)) {
            return Representation.real(number);
        }
        return Double.isNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";
    }

    private void list(List<Value> values) {
        result.append("[");
        for (int i = 0; i < values.size(); i++) {
            startItem(i);
            append(values.get(i));
        }
        end(values.isEmpty(), "]");
    }

    private void mapping(Mapping mapping) {
        result.append("{");
        int count = 0;
        for (Mapping.Entry entry : entries(mapping)) {
            startItem(count++);
            if (entry.key() instanceof Text key) {
                quote(key);
            } else {
                result.append("\"" + scalar(entry.key()) + "\"");
            }
            result.append(keySeparator);
            append(entry.value());
        }
        end(count == 0, "}");
    }

    private List<Mapping.Entry> entries(Mapping mapping) {
        List<Mapping.Entry> entries = new ArrayList<>(mapping.entries());
        if (sorted) {
            Sorting.sort(entries, Comparator.comparing(Mapping.Entry::key, order()), rendering);
        }
        return entries;
    }

    private Comparator<Value> order() {
        return (a, b) -> Comparison.compare(a, b, rendering);
    }

    private void startItem(int number) {
        if (number > 0) {
            result.append(itemSeparator);
        }
        newLine(depth);
    }

    private void end(boolean empty, String close) {
        if (!empty) {
            newLine(depth - 1);
        }
        result.append(close);
    }

    private void newLine(int level) {
        if (indent != null) {
            result.append("\n");
            for (int i = 0; i < level; i++) {
                result.append(indent);
            }
        }
    }

    private void quote(Text text) {
        String characters = text.characters();
        result.append("\"");
        int start = 0;
        for (int i = 0; i < characters.length(); i++) {
            String escaped = escaped(characters.charAt(i));
            if (escaped != null) {
                result.append(text, start, i).append(escaped, text.isOwn(i));
                start = i + 1;
            }
        }
        result.append(text, start, characters.length()).append("\"");
    }

    /** Returns what stands for a character, or null for itself. */
    private String escaped(char character) {
        return switch (character) {
            case '"' -> "\\\"";
            case '\\' -> "\\\\";
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            case '\b' -> "\\b";
            case '\f' -> "\\f";
            default ->
                    character < ' ' || (ascii && character > '~')
                            ? "\\u%04x".formatted((int) character)
                            : null;
        };
    }
}
