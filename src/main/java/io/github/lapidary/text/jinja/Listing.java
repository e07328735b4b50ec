package io.github.lapidary.text.jinja;

import java.util.List;

/** Values in order. */
final class Listing implements Value {

    /** What Python holds such values in. */
    enum Kind {
        LIST("list", true),
        TUPLE("tuple", true),
        RANGE("range", true),
        /** The keys, values or items of a mapping. */
        VIEW("dict view", false),
        /** What filters yield: it can be walked through once. */
        GENERATOR("generator", false);

        private final String type;
        private final boolean indexed;

        Kind(String type, boolean indexed) {
            this.type = type;
            this.indexed = indexed;
        }
    }

    private final Kind kind;
    private List<Value> values;

    Listing(Kind kind, List<Value> values) {
        this.kind = kind;
        this.values = values;
    }

    static Listing list(List<Value> values) {
        return new Listing(Kind.LIST, values);
    }

    static Listing tuple(Value... values) {
        return new Listing(Kind.TUPLE, List.of(values));
    }

    static Listing generator(List<Value> values) {
        return new Listing(Kind.GENERATOR, values);
    }

    Kind kind() {
        return kind;
    }

    /** Returns whether its values have numbers. */
    boolean isIndexed() {
        return kind.indexed;
    }

    /** Returns the values, without walking through them. */
    List<Value> values() {
        return values;
    }

    /** Returns the values to walk through. */
    List<Value> walk() {
        List<Value> walked = values;
        if (kind == Kind.GENERATOR) {
            values = List.of();
        }
        return walked;
    }

    @Override
    public boolean truth() {
        return kind == Kind.GENERATOR || !values.isEmpty();
    }

    @Override
    public String type() {
        return kind.type;
    }
}
