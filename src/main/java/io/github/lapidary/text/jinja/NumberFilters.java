package io.github.lapidary.text.jinja;

import io.github.lapidary.text.jinja.Arithmetic.Operator;
import io.github.lapidary.text.jinja.Value.Markup;
import io.github.lapidary.text.jinja.Value.Real;
import io.github.lapidary.text.jinja.Value.Undefined;
import io.github.lapidary.text.jinja.Value.Whole;
import java.math.BigDecimal;
import java.math.RoundingMode;

/** Filters of numbers. */
final class NumberFilters {

    private NumberFilters() {}

    static Value abs(Value value, Arguments arguments, Rendering rendering) {
        arguments.bind(0);
        Value number = Arithmetic.number(value);
        boolean negative =
                number instanceof Real real
                        ? Double.doubleToRawLongBits(real.number()) < 0
                        : Comparison.whole(number) < 0;
        return negative ? Arithmetic.negate(number) : number;
    }

    static Value real(Value value, Arguments arguments, Rendering rendering) {
        Value otherwise = arguments.bind(0, "default")[0];
        Double number = parseReal(value, rendering);
        if (number != null) {
            return new Real(number);
        }
        return otherwise == null ? new Real(0) : otherwise;
    }

    static Value whole(Value value, Arguments arguments, Rendering rendering) {
        Value[] bound = arguments.bind(0, "default", "base");
        if (bound[1] != null && Arguments.whole(bound[1], 10) != 10) {
            throw new JinjaException("the filter int is known with the base 10 only.");
        }
        if (value instanceof Text text) {
            String digits = stripped(text, rendering);
            if (digits.matches("[-+]?[0-9]{1,18}")) {
                return new Whole(Long.parseLong(digits));
            }
        }
        if (Comparison.isNumber(value) && !(value instanceof Real)) {
            return Arithmetic.number(value);
        }
        Double number = parseReal(value, rendering);
        if (number != null && Double.isFinite(number)) {
            if (Math.abs(number) >= 0x1p63) {
                throw new JinjaException("64 bits cannot hold " + number + ".");
            }
            return new Whole(number.longValue());
        }
        return bound[0] == null ? new Whole(0) : bound[0];
    }

    /** Returns a number, or null for what Python cannot convert. */
    private static Double parseReal(Value value, Rendering rendering) {
        if (value instanceof Undefined undefined) {
            throw new JinjaException(undefined.problem() + ", but a number is asked for.");
        }
        if (Comparison.isNumber(value)) {
            return Comparison.real(value);
        }
        if (value instanceof Markup) {
            throw new JinjaException("a number after the filter safe is not known.");
        }
        if (!(value instanceof Text text) || text.characters().length() > 1_000) {
            return null;
        }
        rendering.spend(text.characters().length());
        String characters = stripped(text, rendering);
        if (characters.matches("[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?")) {
            return Double.valueOf(characters);
        }
        if (characters.matches("(?i)[-+]?(inf|infinity|nan)|.*[0-9]_[0-9].*|.*[^\\P{Nd}0-9].*")) {
            throw new JinjaException(characters + " is not known as a number.");
        }
        return null;
    }

    private static String stripped(Text text, Rendering rendering) {
        return TextOperations.strip(text, TextOperations.Ends.BOTH, rendering).characters();
    }

    static Value round(Value value, Arguments arguments, Rendering rendering) {
        Value[] bound = arguments.bind(0, "precision", "method");
        long precision = Arguments.whole(bound[0], 0);
        String method = bound[1] == null ? "common" : Arguments.text(bound[1]).characters();
        Value number = Arithmetic.number(value);
        if (precision < 0 || precision > 300) {
            throw new JinjaException("rounding to " + precision + " places is not known.");
        }
        if (number instanceof Whole && method.equals("common")) {
            return number;
        }
        double exact = Comparison.real(number);
        if (!Double.isFinite(exact)) {
            throw new JinjaException("rounding of " + exact + " is not known.");
        }
        double power = Math.pow(10, (double) precision);
        return switch (method) {
            case "common" ->
                    new Real(
                            Math.copySign(
                                    new BigDecimal(exact)
                                            .setScale((int) precision, RoundingMode.HALF_EVEN)
                                            .doubleValue(),
                                    exact));
            case "ceil" -> new Real(Math.ceil(exact * power) / power);
            case "floor" -> new Real(Math.floor(exact * power) / power);
            default -> throw new JinjaException("rounding by " + method + " is not known.");
        };
    }

    static Value sum(Value value, Arguments arguments, Rendering rendering) {
        Value[] bound = arguments.bind(0, "attribute", "start");
        Value sum = bound[1] == null ? new Whole(0) : bound[1];
        if (sum instanceof Text) {
            throw new JinjaException("the filter sum does not take texts.");
        }
        for (Value element : Values.elements(value, rendering)) {
            Value term = SelectionFilters.path(bound[0], element, null, rendering);
            sum = Arithmetic.apply(Operator.ADD, sum, term, rendering);
        }
        return sum;
    }
}
