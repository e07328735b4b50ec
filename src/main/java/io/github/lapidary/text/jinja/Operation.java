package io.github.lapidary.text.jinja;

import io.github.lapidary.text.jinja.Arithmetic.Operator;
import io.github.lapidary.text.jinja.Value.Truth;
import io.github.lapidary.text.jinja.Value.Undefined;
import java.util.List;

/** An operator with what stands around it. */
sealed interface Operation extends Expression {

    /** An operator of arithmetic between two values. */
    record Binary(int line, Operator operator, Expression left, Expression right)
            implements Operation {

        @Override
        public Value compute(Scope scope) {
            Value a = left.evaluate(scope);
            return Arithmetic.apply(operator, a, right.evaluate(scope), scope.rendering());
        }
    }

    /** A sign before a number. */
    record Sign(int line, boolean minus, Expression operand) implements Operation {

        @Override
        public Value compute(Scope scope) {
            Value value = Arithmetic.number(operand.evaluate(scope));
            return minus ? Arithmetic.negate(value) : value;
        }
    }

    /** {@code a ~ b ~ c}: values printed one after another. */
    record Concatenation(int line, List<Expression> parts) implements Operation {

        @Override
        public Value compute(Scope scope) {
            TextBuilder builder = new TextBuilder(scope.rendering());
            for (Expression part : parts) {
                builder.append(Representation.text(part.evaluate(scope), scope.rendering()));
            }
            return builder.text();
        }
    }

    /** {@code not a}. */
    record Not(int line, Expression operand) implements Operation {

        @Override
        public Value compute(Scope scope) {
            return Truth.of(!operand.evaluate(scope).truth());
        }
    }

    /** {@code a and b} or {@code a or b}, which is one of the two. */
    record Logic(int line, boolean and, Expression left, Expression right) implements Operation {

        @Override
        public Value compute(Scope scope) {
            Value first = left.evaluate(scope);
            return first.truth() == and ? right.evaluate(scope) : first;
        }
    }

    /** {@code then if condition else otherwise}; otherwise may be null. */
    record Conditional(int line, Expression condition, Expression then, Expression otherwise)
            implements Operation {

        @Override
        public Value compute(Scope scope) {
            if (condition.evaluate(scope).truth()) {
                return then.evaluate(scope);
            }
            return otherwise == null
                    ? new Undefined("the condition is false and there is no else")
                    : otherwise.evaluate(scope);
        }
    }

    /** How two values are compared. */
    enum Relation {
        EQUAL,
        UNEQUAL,
        LESS,
        LESS_OR_EQUAL,
        GREATER,
        GREATER_OR_EQUAL,
        IN,
        NOT_IN;

        boolean holds(Value a, Value b, Rendering rendering) {
            return switch (this) {
                case EQUAL -> Comparison.equal(a, b, rendering);
                case UNEQUAL -> !Comparison.equal(a, b, rendering);
                case LESS -> Comparison.compare(a, b, rendering) < 0;
                case LESS_OR_EQUAL -> Comparison.compare(a, b, rendering) <= 0;
                case GREATER -> Comparison.compare(a, b, rendering) > 0;
                case GREATER_OR_EQUAL -> Comparison.compare(a, b, rendering) >= 0;
                case IN -> Comparison.contains(b, a, rendering);
                case NOT_IN -> !Comparison.contains(b, a, rendering);
            };
        }
    }

    /** {@code a < b <= c}: each is compared with the next. */
    record Compare(int line, List<Relation> relations, List<Expression> operands)
            implements Operation {

        @Override
        public Value compute(Scope scope) {
            Value left = operands.get(0).evaluate(scope);
            for (int i = 0; i < relations.size(); i++) {
                Value right = operands.get(i + 1).evaluate(scope);
                if (!relations.get(i).holds(left, right, scope.rendering())) {
                    return Truth.FALSE;
                }
                left = right;
            }
            return Truth.TRUE;
        }
    }
}
