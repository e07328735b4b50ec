package io.github.lapidary.text.jinja;

import io.github.lapidary.text.jinja.Value.Real;
import io.github.lapidary.text.jinja.Value.Truth;
import io.github.lapidary.text.jinja.Value.Whole;
import java.util.ArrayList;
import java.util.List;

/** How Python computes: whole numbers here have 64 bits and do not wrap around. */
final class Arithmetic {

    private Arithmetic() {}

    /** An operator between two values. */
    enum Operator {
        ADD("+"),
        SUBTRACT("-"),
        MULTIPLY("*"),
        DIVIDE("/"),
        FLOOR_DIVIDE("//"),
        MODULO("%"),
        POWER("**");

        private final String sign;

        Operator(String sign) {
            this.sign = sign;
        }
    }

    static Value apply(Operator operator, Value a, Value b, Rendering rendering) {
        if (Comparison.isNumber(a) && Comparison.isNumber(b)) {
            return numbers(operator, a, b);
        }
        if (operator == Operator.ADD) {
            if (a instanceof Text one && b instanceof Text other) {
                return TextBuilder.join(rendering, one, other);
            }
            if (a instanceof Listing one && b instanceof Listing other) {
                return concatenate(one, other, rendering);
            }
        }
        if (operator == Operator.MULTIPLY) {
            boolean countFirst = a instanceof Whole || a instanceof Truth;
            Value repeated = countFirst ? b : a;
            Value count = countFirst ? a : b;
            if (count instanceof Whole || count instanceof Truth) {
                return repeat(repeated, Comparison.whole(count), rendering);
            }
        }
        throw unsupported(operator, a, b);
    }

    private static JinjaException unsupported(Operator operator, Value a, Value b) {
        return new JinjaException(
                "the operator %s is not known between %s and %s."
                        .formatted(operator.sign, a.described(), b.described()));
    }

    private static Value concatenate(Listing a, Listing b, Rendering rendering) {
        boolean alike = a.kind() == b.kind();
        if (!alike || (a.kind() != Listing.Kind.LIST && a.kind() != Listing.Kind.TUPLE)) {
            throw unsupported(Operator.ADD, a, b);
        }
        rendering.spend((long) a.values().size() + b.values().size());
        List<Value> values = new ArrayList<>(a.values());
        values.addAll(b.values());
        return new Listing(a.kind(), values);
    }

    private static Value repeat(Value value, long count, Rendering rendering) {
        if (value instanceof Text text) {
            return TextOperations.repeat(text, count, rendering);
        }
        if (value instanceof Listing listing
                && (listing.kind() == Listing.Kind.LIST || listing.kind() == Listing.Kind.TUPLE)) {
            List<Value> values = new ArrayList<>();
            if (!listing.values().isEmpty()) {
                for (long i = 0; i < count; i++) {
                    rendering.spend(listing.values().size());
                    values.addAll(listing.values());
                }
            }
            return new Listing(listing.kind(), values);
        }
        throw unsupported(Operator.MULTIPLY, value, new Whole(count));
    }

    private static Value numbers(Operator operator, Value a, Value b) {
        try {
            if (a instanceof Real || b instanceof Real || operator == Operator.DIVIDE) {
                return new Real(reals(operator, Comparison.real(a), Comparison.real(b)));
            }
            return wholes(operator, Comparison.whole(a), Comparison.whole(b));
        } catch (ArithmeticException e) {
            throw new JinjaException(
                    "the operator %s fails: %s.".formatted(operator.sign, e.getMessage()));
        }
    }

    private static double reals(Operator operator, double a, double b) {
        return switch (operator) {
            case ADD -> a + b;
            case SUBTRACT -> a - b;
            case MULTIPLY -> a * b;
            case DIVIDE -> a / nonZero(b);
            case FLOOR_DIVIDE -> Math.rint((a - modulo(a, nonZero(b))) / b);
            case MODULO -> modulo(a, nonZero(b));
            case POWER -> {
                double power = Math.pow(a, b);
                if (Double.isFinite(a) && Double.isFinite(b) && !Double.isFinite(power)) {
                    throw new ArithmeticException("there is no such power");
                }
                yield power;
            }
        };
    }

    private static double nonZero(double divisor) {
        if (divisor == 0) {
            throw new ArithmeticException("division by zero");
        }
        return divisor;
    }

    /** Returns a remainder with the sign of the divisor. */
    private static double modulo(double a, double b) {
        double remainder = a % b;
        return remainder != 0 && remainder < 0 != b < 0 ? remainder + b : remainder;
    }

    private static Value wholes(Operator operator, long a, long b) {
        return switch (operator) {
            case ADD -> new Whole(Math.addExact(a, b));
            case SUBTRACT -> new Whole(Math.subtractExact(a, b));
            case MULTIPLY -> new Whole(Math.multiplyExact(a, b));
            case FLOOR_DIVIDE -> {
                if (a == Long.MIN_VALUE && b == -1) {
                    throw new ArithmeticException("long overflow");
                }
                yield new Whole(Math.floorDiv(a, b));
            }
            case MODULO -> new Whole(Math.floorMod(a, b));
            case POWER -> power(a, b);
            case DIVIDE -> throw new IllegalArgumentException("Division yields a float.");
        };
    }

    private static Value power(long base, long exponent) {
        if (exponent < 0) {
            return new Real(Math.pow(nonZero((double) base), (double) exponent));
        }
        if (base == 0 || base == 1) {
            return new Whole(exponent == 0 ? 1 : base);
        }
        if (base == -1) {
            return new Whole(exponent % 2 == 0 ? 1 : -1);
        }
        long power = 1;
        for (long i = 0; i < exponent; i++) {
            power = Math.multiplyExact(power, base);
        }
        return new Whole(power);
    }

    /** Returns a number with the other sign. */
    static Value negate(Value value) {
        if (value instanceof Real real) {
            return new Real(-real.number());
        }
        return numbers(Operator.SUBTRACT, new Whole(0), number(value));
    }

    /** Returns a value if it is a number. */
    static Value number(Value value) {
        if (value instanceof Truth) {
            return new Whole(Comparison.whole(value));
        }
        if (Comparison.isNumber(value)) {
            return value;
        }
        throw new JinjaException(value.described() + " stands where a number is expected.");
    }
}
