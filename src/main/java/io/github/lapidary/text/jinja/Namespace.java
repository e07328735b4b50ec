package io.github.lapidary.text.jinja;

import java.util.HashMap;
import java.util.Map;

/** Variables that a loop or macro can set for those around it. */
final class Namespace implements Value {

    private final Map<String, Value> variables = new HashMap<>();

    void set(String name, Value value) {
        if (name.startsWith("_")) {
            throw new JinjaException(
                    "the variable " + name + " of a namespace begins with an underscore.");
        }
        variables.put(name, value);
    }

    /** Returns a variable, or null. */
    Value get(String name) {
        return variables.get(name);
    }

    @Override
    public boolean truth() {
        return true;
    }

    @Override
    public String type() {
        return "Namespace";
    }
}
