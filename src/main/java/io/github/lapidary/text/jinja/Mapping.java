package io.github.lapidary.text.jinja;

import io.github.lapidary.text.jinja.Value.Nothing;
import io.github.lapidary.text.jinja.Value.Real;
import io.github.lapidary.text.jinja.Value.Truth;
import io.github.lapidary.text.jinja.Value.Whole;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Values by key, in the order in which they were put. */
final class Mapping implements Value {

    /** One key with its value. */
    record Entry(Value key, Value value) {}

    private final Map<Object, Entry> entries = new LinkedHashMap<>();

    /** Puts a value; a key that is there already keeps its place. */
    void put(Value key, Value value, Rendering rendering) {
        Object hashable =
                hashable(key, rendering)
                        .orElseThrow(
                                () ->
                                        new JinjaException(
                                                key.described() + " is the key of a mapping."));
        Entry present = entries.get(hashable);
        entries.put(hashable, new Entry(present == null ? key : present.key(), value));
    }

    /** Returns the value of a key, or null; what cannot be a key has none. */
    Value get(Value key, Rendering rendering) {
        Entry entry = hashable(key, rendering).map(entries::get).orElse(null);
        return entry == null ? null : entry.value();
    }

    Collection<Entry> entries() {
        return entries.values();
    }

    int size() {
        return entries.size();
    }

    Listing keys() {
        return view(entries().stream().map(Entry::key).toList());
    }

    Listing values() {
        return view(entries().stream().map(Entry::value).toList());
    }

    Listing items() {
        List<Value> items = new ArrayList<>(entries.size());
        entries().forEach(entry -> items.add(Listing.tuple(entry.key(), entry.value())));
        return view(items);
    }

    private static Listing view(List<Value> values) {
        return new Listing(Listing.Kind.VIEW, values);
    }

    /** Returns what is equal for equal values, if they are of a kind that Python can hash. */
    static Optional<Object> hashable(Value value, Rendering rendering) {
        if (value.asText() instanceof Text text) {
            rendering.spendSearch(text.characters().length(), 1);
            return Optional.of(text.characters());
        } else if (value instanceof Whole || value instanceof Truth) {
            return Optional.of(Comparison.whole(value));
        } else if (value instanceof Real real) {
            long whole = (long) real.number();
            return Optional.of(whole == real.number() ? (Object) whole : (Object) real.number());
        } else if (value == Nothing.NONE) {
            return Optional.of(value);
        } else if (value instanceof Listing listing && listing.kind() == Listing.Kind.TUPLE) {
            throw new JinjaException("a tuple as a key is not known.");
        } else {
            return Optional.empty();
        }
    }

    @Override
    public boolean truth() {
        return !entries.isEmpty();
    }

    @Override
    public String type() {
        return "dict";
    }
}
