package io.github.lapidary.text.jinja;

import io.github.lapidary.text.jinja.Value.Markup;
import io.github.lapidary.text.jinja.Value.Nothing;
import io.github.lapidary.text.jinja.Value.Truth;
import io.github.lapidary.text.jinja.Value.Undefined;
import io.github.lapidary.text.jinja.Value.Whole;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What can be had of a value by a dot or brackets. */
final class Members {

    /** What Python's numbers have. */
    private static final Set<String> OF_NUMBERS =
            Set.of(
                    "as_integer_ratio",
                    "bit_count",
                    "bit_length",
                    "conjugate",
                    "denominator",
                    "from_bytes",
                    "fromhex",
                    "hex",
                    "imag",
                    "is_integer",
                    "numerator",
                    "real",
                    "to_bytes");

    private Members() {}

    /** Returns {@code object.name}: a method first, then what is stored under the name. */
    static Value attribute(Value object, Text name, Rendering rendering) {
        Value member = member(object, name.characters());
        if (member == null && object instanceof Mapping mapping) {
            member = mapping.get(name, rendering);
        }
        return member == null ? missing(object, name.characters()) : member;
    }

    /** Returns {@code object[key]}: what is stored under the key first, then a method. */
    static Value item(Value object, Value key, Rendering rendering) {
        defined(object);
        Value item = null;
        if (object instanceof Mapping mapping) {
            item = mapping.get(key, rendering);
        } else if (key instanceof Whole || key instanceof Truth) {
            item = element(object, Comparison.whole(key), rendering);
        }
        if (item == null && key instanceof Text name) {
            item = member(object, name.characters());
        }
        return item == null
                ? missing(object, Representation.text(key, rendering).characters())
                : item;
    }

    private static Undefined missing(Value object, String name) {
        return new Undefined(object.described() + " has no " + name);
    }

    private static void defined(Value object) {
        if (object instanceof Markup) {
            throw new JinjaException("parts of a text after the filter safe are not known.");
        }
        if (object instanceof Undefined undefined) {
            throw new JinjaException(undefined.problem() + ", but something of it is asked for.");
        }
    }

    /** Returns what the type of an object has under a name, or null. */
    private static Value member(Value object, String name) {
        defined(object);
        if (name.startsWith("__")) {
            throw new JinjaException("the attribute " + name + " is not known: it is Python's.");
        }
        if (object instanceof Text text) {
            return TextMethods.find(text, name);
        } else if (object instanceof Mapping mapping) {
            return ContainerMethods.find(mapping, name);
        } else if (object instanceof Listing listing) {
            return ContainerMethods.find(listing, name);
        } else if (object instanceof Namespace namespace) {
            return namespace.get(name);
        } else if (object instanceof Loop loop) {
            return loop.attribute(name);
        } else if (object == Nothing.NONE
                || (Comparison.isNumber(object) && !OF_NUMBERS.contains(name))) {
            return null;
        } else {
            throw new JinjaException(
                    "the attribute %s of %s is not known.".formatted(name, object.described()));
        }
    }

    private static Value element(Value object, long number, Rendering rendering) {
        if (object instanceof Text text) {
            long length = length(text, rendering);
            long place = number < 0 ? number + length : number;
            return place < 0 || place >= length ? null : characters(text, place, place + 1);
        }
        if (object instanceof Listing listing && listing.isIndexed()) {
            List<Value> values = listing.values();
            long place = number < 0 ? number + values.size() : number;
            return place < 0 || place >= values.size() ? null : values.get((int) place);
        }
        return null;
    }

    private static int length(Text text, Rendering rendering) {
        rendering.spendSearch(text.characters().length(), 1);
        return text.length();
    }

    /** Returns a part between two places that count code points. */
    private static Text characters(Text text, long from, long to) {
        int start = text.characters().offsetByCodePoints(0, (int) from);
        return text.part(start, text.characters().offsetByCodePoints(start, (int) (to - from)));
    }

    /** Returns {@code object[from:to:step]}. */
    static Value slice(Value object, Value from, Value to, Value step, Rendering rendering) {
        defined(object);
        boolean listing = object instanceof Listing list && list.isIndexed();
        if (!(listing || object instanceof Text)
                || !isBound(from)
                || !isBound(to)
                || !isBound(step)) {
            return new Undefined(object.described() + " has no such slice");
        }
        long stride = step == Nothing.NONE ? 1 : Comparison.whole(step);
        if (stride == 0) {
            throw new JinjaException("the step of a slice is 0.");
        }
        int length =
                object instanceof Text text
                        ? length(text, rendering)
                        : ((Listing) object).values().size();
        stride = Math.max(-length - 1L, Math.min(length + 1L, stride)); // which goes as far
        long first = bound(from, stride > 0 ? 0 : length - 1, stride, length);
        long last = bound(to, stride > 0 ? length : -1, stride, length);
        if (object instanceof Text text) {
            return slice(text, first, last, stride, rendering);
        }
        Listing list = (Listing) object;
        List<Value> values = new ArrayList<>();
        for (long i = first; stride > 0 ? i < last : i > last; i += stride) {
            rendering.spend(1);
            values.add(list.values().get((int) i));
        }
        return new Listing(list.kind(), values);
    }

    private static boolean isBound(Value value) {
        return value == Nothing.NONE || value instanceof Whole || value instanceof Truth;
    }

    /** Returns where a slice begins or ends: counted from the end if negative, and inside. */
    private static long bound(Value value, long otherwise, long stride, int length) {
        if (value == Nothing.NONE) {
            return otherwise;
        }
        long place = Comparison.whole(value);
        if (place < 0) {
            place += length;
        }
        return stride > 0
                ? Math.max(0, Math.min(place, length))
                : Math.max(-1, Math.min(place, length - 1L));
    }

    private static Value slice(Text text, long first, long last, long stride, Rendering rendering) {
        if (stride == 1) {
            return first < last ? characters(text, first, last) : Text.EMPTY;
        }
        List<Value> all = Values.elements(text, rendering);
        TextBuilder builder = new TextBuilder(rendering);
        for (long i = first; stride > 0 ? i < last : i > last; i += stride) {
            builder.append((Text) all.get((int) i));
        }
        return builder.text();
    }
}
