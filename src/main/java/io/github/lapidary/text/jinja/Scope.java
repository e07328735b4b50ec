package io.github.lapidary.text.jinja;

import java.util.HashMap;
import java.util.Map;

/** The variables of a part of a template, around which lie those of other parts. */
final class Scope {

    private final Rendering rendering;
    private final Scope outer;
    private final Map<String, Value> variables = new HashMap<>();

    /** Creates the outermost scope. */
    Scope(Rendering rendering) {
        this.rendering = rendering;
        outer = null;
    }

    private Scope(Scope outer) {
        this.outer = outer;
        rendering = outer.rendering;
    }

    /** Returns a new scope inside this one. */
    Scope inner() {
        return new Scope(this);
    }

    Rendering rendering() {
        return rendering;
    }

    /** Sets a variable of this scope. */
    void set(String name, Value value) {
        variables.put(name, value);
    }

    /** Returns the variable of that name in this scope or the nearest around it, or null. */
    Value get(String name) {
        for (Scope scope = this; scope != null; scope = scope.outer) {
            Value value = scope.variables.get(name);
            if (value != null) {
                return value;
            }
        }
        return null;
    }
}
