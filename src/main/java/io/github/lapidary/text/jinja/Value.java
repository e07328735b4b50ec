package io.github.lapidary.text.jinja;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What an expression comes to; it behaves like the value in Python of which the type is told. */
sealed interface Value
        permits Text,
                Value.Markup,
                Value.Undefined,
                Value.Nothing,
                Value.Truth,
                Value.Whole,
                Value.Real,
                Listing,
                Mapping,
                Namespace,
                Loop,
                Callable {

    /** Returns whether it counts as true in a condition. */
    boolean truth();

    /** Returns the name of the type in Python, for messages. */
    String type();

    /** Returns what to call it in a message. */
    default String described() {
        return (type().equals("int") ? "an " : "a ") + type();
    }

    /** Returns a text for what is one to Python too, and everything else as it is. */
    default Value asText() {
        return this;
    }

    /** A text that was declared safe in HTML; it can be printed, and nothing else. */
    record Markup(Text text) implements Value {

        @Override
        public boolean truth() {
            return text.truth();
        }

        @Override
        public String type() {
            return "Markup";
        }

        @Override
        public Value asText() {
            return text;
        }
    }

    /** What is not there; the problem tells what was looked for. */
    record Undefined(String problem) implements Value {

        @Override
        public boolean truth() {
            return false;
        }

        @Override
        public String type() {
            return "Undefined";
        }

        @Override
        public String described() {
            return "an undefined value (" + problem + ")";
        }
    }

    /** {@code none}. */
    enum Nothing implements Value {
        NONE;

        @Override
        public boolean truth() {
            return false;
        }

        @Override
        public String type() {
            return "NoneType";
        }
    }

    /** {@code true} or {@code false}. */
    enum Truth implements Value {
        TRUE,
        FALSE;

        static Truth of(boolean truth) {
            return truth ? TRUE : FALSE;
        }

        @Override
        public boolean truth() {
            return this == TRUE;
        }

        @Override
        public String type() {
            return "bool";
        }
    }

    /** A whole number. */
    record Whole(long number) implements Value {

        @Override
        public boolean truth() {
            return number != 0;
        }

        @Override
        public String type() {
            return "int";
        }
    }

    /** A floating point number. */
    record Real(double number) implements Value {

        @Override
        public boolean truth() {
            return number != 0;
        }

        @Override
        public String type() {
            return "float";
        }
    }

    /** Returns a value from outside; its texts are foreign to the template. */
    static Value of(JsonElement json, Rendering rendering) {
        return of(json, 0, rendering);
    }

    private static Value of(JsonElement json, int depth, Rendering rendering) {
        if (depth > Limits.VALUE_DEPTH) {
            throw new JinjaException(
                    "a variable holds lists or objects nested more than "
                            + Limits.VALUE_DEPTH
                            + " deep.");
        }
        if (json instanceof JsonObject object) {
            Mapping mapping = new Mapping();
            for (Map.Entry<String, JsonElement> entry : object.entrySet()) {
                mapping.put(
                        Text.foreign(entry.getKey()),
                        of(entry.getValue(), depth + 1, rendering),
                        rendering);
            }
            return mapping;
        }
        if (json instanceof JsonArray array) {
            List<Value> values = new ArrayList<>(array.size());
            for (JsonElement element : array) {
                values.add(of(element, depth + 1, rendering));
            }
            return new Listing(Listing.Kind.LIST, values);
        }
        return json instanceof JsonPrimitive primitive ? of(primitive) : Nothing.NONE;
    }

    private static Value of(JsonPrimitive primitive) {
        if (primitive.isString()) {
            return Text.foreign(primitive.getAsString());
        }
        if (primitive.isBoolean()) {
            return Truth.of(primitive.getAsBoolean());
        }
        String number = primitive.getAsString();
        if (!number.matches("-?[0-9]+")) {
            return new Real(Double.parseDouble(number));
        }
        try {
            return new Whole(Long.parseLong(number));
        } catch (NumberFormatException e) {
            throw new JinjaException("a variable holds " + number + ", which 64 bits cannot.");
        }
    }
}
