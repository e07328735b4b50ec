package io.github.lapidary.text.jinja;

import io.github.lapidary.text.jinja.Value.Undefined;
import java.util.List;
import java.util.Map;

/** A part of a template that writes text or sets variables. */
sealed interface Statement {

    /** Where to go on after a statement. */
    enum Flow {
        NEXT,
        BREAK,
        CONTINUE
    }

    /** Returns the line it begins in, counted from 1. */
    int line();

    /** Runs it; called by {@link #execute}. */
    Flow run(Scope scope, TextBuilder output);

    /** Runs it, as one step; errors get its line. */
    default Flow execute(Scope scope, TextBuilder output) {
        Rendering rendering = scope.rendering();
        try {
            rendering.enter();
            try {
                return run(scope, output);
            } finally {
                rendering.leave();
            }
        } catch (JinjaException e) {
            throw e.at(line());
        }
    }

    /** Runs statements one after another, up to one that leads elsewhere. */
    static Flow executeAll(List<Statement> statements, Scope scope, TextBuilder output) {
        for (Statement statement : statements) {
            Flow flow = statement.execute(scope, output);
            if (flow != Flow.NEXT) {
                return flow;
            }
        }
        return Flow.NEXT;
    }

    /** Text between the tags. */
    record Data(int line, Text text) implements Statement {

        @Override
        public Flow run(Scope scope, TextBuilder output) {
            output.append(text);
            return Flow.NEXT;
        }
    }

    /** {@code {{ value }}}. */
    record Print(int line, Expression value) implements Statement {

        @Override
        public Flow run(Scope scope, TextBuilder output) {
            output.append(Representation.text(value.evaluate(scope), scope.rendering()));
            return Flow.NEXT;
        }
    }

    /** {@code {% if %}} with all {@code elif}; the last condition is null for {@code else}. */
    record If(int line, List<Expression> conditions, List<List<Statement>> bodies)
            implements Statement {

        @Override
        public Flow run(Scope scope, TextBuilder output) {
            for (int i = 0; i < conditions.size(); i++) {
                Expression condition = conditions.get(i);
                if (condition == null || condition.evaluate(scope).truth()) {
                    return executeAll(bodies.get(i), scope, output);
                }
            }
            return Flow.NEXT;
        }
    }

    /** {@code {% for target in iterated if condition %}}; the condition may be null. */
    record For(
            int line,
            Target target,
            Expression iterated,
            Expression condition,
            List<Statement> body,
            List<Statement> otherwise)
            implements Statement {

        @Override
        public Flow run(Scope scope, TextBuilder output) {
            List<Value> elements = Values.elements(iterated.evaluate(scope), scope.rendering());
            Loop loop =
                    condition == null
                            ? new Loop(elements)
                            : new Loop(elements, element -> isWanted(element, scope));
            boolean none = true;
            for (Value element = loop.next(); element != null; element = loop.next()) {
                none = false;
                scope.rendering().spend(1);
                Scope inner = scope.inner();
                inner.set("loop", loop);
                target.assign(element, inner);
                if (executeAll(body, inner, output) == Flow.BREAK) {
                    break;
                }
            }
            return none ? executeAll(otherwise, scope.inner(), output) : Flow.NEXT;
        }

        private boolean isWanted(Value element, Scope scope) {
            Scope inner = scope.inner();
            inner.set("loop", new Undefined("loop is undefined in its condition"));
            target.assign(element, inner);
            return condition.evaluate(inner).truth();
        }
    }

    /** {@code {% break %}} or {@code {% continue %}}. */
    record Jump(int line, Flow flow) implements Statement {

        @Override
        public Flow run(Scope scope, TextBuilder output) {
            return flow;
        }
    }

    /** {@code {% set target = value %}}. */
    record Set(int line, Target target, Expression value) implements Statement {

        @Override
        public Flow run(Scope scope, TextBuilder output) {
            target.assign(value.evaluate(scope), scope);
            return Flow.NEXT;
        }
    }

    /**
     * What writes its body into a text of its own, which a filter may change: {@code {% set target
     * %}}, or with null for the target {@code {% filter %}} and {@code {% generation %}}.
     *
     * @param filter makes a value of the variable {@link #BODY}
     */
    record Capture(int line, Target target, Expression filter, List<Statement> body)
            implements Statement {

        /** A name that no template can spell. */
        static final String BODY = "the body";

        @Override
        public Flow run(Scope scope, TextBuilder output) {
            TextBuilder captured = new TextBuilder(scope.rendering());
            executeAll(body, scope.inner(), captured);
            Scope inner = scope.inner();
            inner.set(BODY, captured.text());
            Value value = filter.evaluate(inner);
            if (target == null) {
                output.append(Representation.text(value, scope.rendering()));
            } else {
                target.assign(value, scope);
            }
            return Flow.NEXT;
        }
    }

    /** {@code {% with name = value %}}. */
    record With(int line, Map<Target, Expression> variables, List<Statement> body)
            implements Statement {

        @Override
        public Flow run(Scope scope, TextBuilder output) {
            Scope inner = scope.inner();
            variables.forEach((target, value) -> target.assign(value.evaluate(scope), inner));
            return executeAll(body, inner, output);
        }
    }

    /**
     * {@code {% macro name(parameters) %}}.
     *
     * @param defaults one a parameter, null where there is none
     */
    record Macro(
            int line,
            String name,
            List<String> parameters,
            List<Expression> defaults,
            List<Statement> body)
            implements Statement {

        @Override
        public Flow run(Scope scope, TextBuilder output) {
            Callable macro = (arguments, rendering) -> call(arguments, scope);
            scope.set(name, macro);
            return Flow.NEXT;
        }

        private Value call(Arguments arguments, Scope scope) {
            Value[] bound = arguments.bind(0, parameters.toArray(new String[0]));
            Scope inner = scope.inner();
            for (int i = 0; i < bound.length; i++) {
                Value value = bound[i];
                if (value == null) {
                    value =
                            defaults.get(i) == null
                                    ? new Undefined(
                                            "parameter " + parameters.get(i) + " was not provided")
                                    : defaults.get(i).evaluate(inner);
                }
                inner.set(parameters.get(i), value);
            }
            TextBuilder output = new TextBuilder(scope.rendering());
            executeAll(body, inner, output);
            return output.text();
        }
    }
}
