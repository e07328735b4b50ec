package io.github.lapidary.text.jinja;

import java.util.List;

/** What a value is assigned to. */
sealed interface Target {

    /** Assigns a value. */
    void assign(Value value, Scope scope);

    /** A variable. */
    record Name(String name) implements Target {

        @Override
        public void assign(Value value, Scope scope) {
            scope.set(name, value);
        }
    }

    /** A variable of a namespace. */
    record Member(String namespace, String name) implements Target {

        @Override
        public void assign(Value value, Scope scope) {
            if (!(scope.get(namespace) instanceof Namespace target)) {
                throw new JinjaException(namespace + " is no namespace, but " + name + " is set.");
            }
            target.set(name, value);
        }
    }

    /** Several targets, for as many values. */
    record Several(List<Target> targets) implements Target {

        @Override
        public void assign(Value value, Scope scope) {
            List<Value> values = Values.elements(value, scope.rendering());
            if (values.size() != targets.size()) {
                throw new JinjaException(
                        "%d values are assigned to %d names."
                                .formatted(values.size(), targets.size()));
            }
            for (int i = 0; i < targets.size(); i++) {
                targets.get(i).assign(values.get(i), scope);
            }
        }
    }
}
