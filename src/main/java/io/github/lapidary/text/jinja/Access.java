package io.github.lapidary.text.jinja;

import io.github.lapidary.text.jinja.Value.Nothing;
import io.github.lapidary.text.jinja.Value.Truth;
import io.github.lapidary.text.jinja.Value.Undefined;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What follows an expression: a dot, brackets, parentheses, a filter or a test. */
sealed interface Access extends Expression {

    /** {@code object.name}. */
    record Attribute(int line, Expression object, String name) implements Access {

        @Override
        public Value compute(Scope scope) {
            return Members.attribute(object.evaluate(scope), Text.own(name), scope.rendering());
        }
    }

    /** {@code object[key]}. */
    record Item(int line, Expression object, Expression key) implements Access {

        @Override
        public Value compute(Scope scope) {
            return Members.item(object.evaluate(scope), key.evaluate(scope), scope.rendering());
        }
    }

    /** {@code object[from:to:step]}; null where nothing stands. */
    record Slice(int line, Expression object, Expression from, Expression to, Expression step)
            implements Access {

        @Override
        public Value compute(Scope scope) {
            Value sliced = object.evaluate(scope);
            Value first = bound(from, scope);
            Value last = bound(to, scope);
            return Members.slice(sliced, first, last, bound(step, scope), scope.rendering());
        }

        private static Value bound(Expression expression, Scope scope) {
            return expression == null ? Nothing.NONE : expression.evaluate(scope);
        }
    }

    /** What stands between the parentheses of a call. */
    record ArgumentList(List<Expression> positional, Map<String, Expression> named) {

        static final ArgumentList NONE = new ArgumentList(List.of(), Map.of());

        Arguments evaluate(Scope scope) {
            List<Value> values = new ArrayList<>(positional.size());
            for (Expression argument : positional) {
                values.add(argument.evaluate(scope));
            }
            Map<String, Value> namedValues = new LinkedHashMap<>();
            named.forEach((name, value) -> namedValues.put(name, value.evaluate(scope)));
            return new Arguments(values, namedValues);
        }
    }

    /** {@code called(arguments)}. */
    record Call(int line, Expression called, ArgumentList arguments) implements Access {

        @Override
        public Value compute(Scope scope) {
            Value value = called.evaluate(scope);
            if (value instanceof Callable callable) {
                return callable.call(arguments.evaluate(scope), scope.rendering());
            }
            throw new JinjaException(
                    value instanceof Undefined undefined
                            ? undefined.problem() + ", but it is called."
                            : value.described() + " is called.");
        }
    }

    /** {@code value | name(arguments)}. */
    record Filter(int line, Expression value, String name, ArgumentList arguments)
            implements Access {

        @Override
        public Value compute(Scope scope) {
            Value input = value.evaluate(scope);
            return Filters.apply(name, input, arguments.evaluate(scope), scope.rendering());
        }
    }

    /** {@code value is name(arguments)}. */
    record Test(int line, Expression value, String name, ArgumentList arguments) implements Access {

        @Override
        public Value compute(Scope scope) {
            Value tested = value.evaluate(scope);
            return Truth.of(Tests.test(name, tested, arguments.evaluate(scope), scope.rendering()));
        }
    }
}
