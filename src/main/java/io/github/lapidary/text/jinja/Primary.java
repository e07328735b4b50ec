package io.github.lapidary.text.jinja;

import io.github.lapidary.text.jinja.Value.Undefined;
import java.util.ArrayList;
import java.util.List;

/** What is not made of an operator: constants, names, lists and mappings. */
sealed interface Primary extends Expression {

    /** A constant. */
    record Constant(int line, Value value) implements Primary {

        @Override
        public Value compute(Scope scope) {
            return value;
        }
    }

    /** A variable. */
    record Name(int line, String name) implements Primary {

        @Override
        public Value compute(Scope scope) {
            Value value = scope.get(name);
            if (value == null) {
                value = Functions.find(name);
            }
            return value == null ? new Undefined(name + " is undefined") : value;
        }
    }

    /** A list or tuple in brackets. */
    record ListDisplay(int line, Listing.Kind kind, List<Expression> elements) implements Primary {

        @Override
        public Value compute(Scope scope) {
            List<Value> values = new ArrayList<>(elements.size());
            for (Expression element : elements) {
                values.add(element.evaluate(scope));
            }
            return new Listing(kind, values);
        }
    }

    /** A mapping in braces. */
    record MappingDisplay(int line, List<Expression> keys, List<Expression> values)
            implements Primary {

        @Override
        public Value compute(Scope scope) {
            Mapping mapping = new Mapping();
            for (int i = 0; i < keys.size(); i++) {
                Value key = keys.get(i).evaluate(scope);
                mapping.put(key, values.get(i).evaluate(scope), scope.rendering());
            }
            return mapping;
        }
    }
}
