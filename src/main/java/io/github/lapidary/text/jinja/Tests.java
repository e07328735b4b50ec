package io.github.lapidary.text.jinja;

import io.github.lapidary.text.jinja.Arithmetic.Operator;
import io.github.lapidary.text.jinja.Operation.Relation;
import io.github.lapidary.text.jinja.Value.Nothing;
import io.github.lapidary.text.jinja.Value.Real;
import io.github.lapidary.text.jinja.Value.Truth;
import io.github.lapidary.text.jinja.Value.Undefined;
import io.github.lapidary.text.jinja.Value.Whole;
import java.util.Map;
import java.util.function.Predicate;

/** The tests: what stands after {@code is}. */
final class Tests {

    /** A test without arguments. */
    private static final Map<String, Predicate<Value>> PLAIN =
            Map.ofEntries(
                    Map.entry("defined", value -> !(value instanceof Undefined)),
                    Map.entry("undefined", value -> value instanceof Undefined),
                    Map.entry("none", value -> value == Nothing.NONE),
                    Map.entry("boolean", value -> value instanceof Truth),
                    Map.entry("true", value -> value == Truth.TRUE),
                    Map.entry("false", value -> value == Truth.FALSE),
                    Map.entry("integer", value -> value instanceof Whole),
                    Map.entry("float", value -> value instanceof Real),
                    Map.entry("number", Comparison::isNumber),
                    Map.entry("string", value -> value.asText() instanceof Text),
                    Map.entry("mapping", value -> value instanceof Mapping),
                    Map.entry("iterable", Values::isIterable),
                    Map.entry("sequence", Tests::isSequence),
                    Map.entry("callable", value -> value instanceof Callable));

    private static final Map<String, Relation> RELATIONS =
            Map.ofEntries(
                    Map.entry("==", Relation.EQUAL),
                    Map.entry("eq", Relation.EQUAL),
                    Map.entry("equalto", Relation.EQUAL),
                    Map.entry("!=", Relation.UNEQUAL),
                    Map.entry("ne", Relation.UNEQUAL),
                    Map.entry(">", Relation.GREATER),
                    Map.entry("gt", Relation.GREATER),
                    Map.entry("greaterthan", Relation.GREATER),
                    Map.entry(">=", Relation.GREATER_OR_EQUAL),
                    Map.entry("ge", Relation.GREATER_OR_EQUAL),
                    Map.entry("<", Relation.LESS),
                    Map.entry("lt", Relation.LESS),
                    Map.entry("lessthan", Relation.LESS),
                    Map.entry("<=", Relation.LESS_OR_EQUAL),
                    Map.entry("le", Relation.LESS_OR_EQUAL),
                    Map.entry("in", Relation.IN));

    private Tests() {}

    static boolean test(String name, Value value, Arguments arguments, Rendering rendering) {
        Predicate<Value> plain = PLAIN.get(name);
        if (plain != null) {
            arguments.bind(0);
            return plain.test(value);
        }
        Relation relation = RELATIONS.get(name);
        if (relation != null) {
            return relation.holds(value, arguments.bind(1, "other")[0], rendering);
        }
        return switch (name) {
            case "odd" -> remainder(value, two(arguments), rendering) == 1;
            case "even" -> remainder(value, two(arguments), rendering) == 0;
            case "divisibleby" -> remainder(value, arguments.bind(1, "num")[0], rendering) == 0;
            case "upper" -> TextMethods.isUpper(printed(value, arguments, rendering), rendering);
            case "lower" -> TextMethods.isLower(printed(value, arguments, rendering), rendering);
            case "sameas" -> isSame(value, arguments.bind(1, "other")[0]);
            default -> throw new JinjaException("the test " + name + " is not known.");
        };
    }

    private static Value two(Arguments arguments) {
        arguments.bind(0);
        return new Whole(2);
    }

    private static double remainder(Value value, Value divisor, Rendering rendering) {
        return Comparison.real(
                Arithmetic.apply(
                        Operator.MODULO,
                        Arithmetic.number(value),
                        Arithmetic.number(divisor),
                        rendering));
    }

    private static Text printed(Value value, Arguments arguments, Rendering rendering) {
        arguments.bind(0);
        return Representation.text(value, rendering);
    }

    private static boolean isSequence(Value value) {
        return value.asText() instanceof Text
                || value instanceof Mapping
                || value instanceof Undefined
                || (value instanceof Listing listing && listing.isIndexed());
    }

    /** Knows only of those of which there is one. */
    private static boolean isSame(Value value, Value other) {
        if (value instanceof Truth || value == Nothing.NONE) {
            return value == other;
        }
        if (other instanceof Truth || other == Nothing.NONE) {
            return false;
        }
        throw new JinjaException("the test sameas is known only for true, false and none.");
    }
}
