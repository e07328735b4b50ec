package io.github.lapidary.text.jinja;

import io.github.lapidary.text.jinja.Value.Real;
import io.github.lapidary.text.jinja.Value.Truth;
import io.github.lapidary.text.jinja.Value.Undefined;
import io.github.lapidary.text.jinja.Value.Whole;
import java.util.List;

/** How Python compares values. */
final class Comparison {

    private final Rendering rendering;
    private int depth;

    private Comparison(Rendering rendering) {
        this.rendering = rendering;
    }

    /** Returns whether two values are equal, which values of different types may be too. */
    static boolean equal(Value a, Value b, Rendering rendering) {
        return new Comparison(rendering).equal(a.asText(), b.asText());
    }

    /**
     * Returns which of two values is greater, as a comparator does.
     *
     * @throws JinjaException if they have no order
     */
    static int compare(Value a, Value b, Rendering rendering) {
        return new Comparison(rendering).compare(a.asText(), b.asText());
    }

    /** Returns whether a value is in a container. */
    static boolean contains(Value container, Value value, Rendering rendering) {
        if (container.asText() instanceof Text text) {
            if (value.asText() instanceof Text part) {
                rendering.spendSearch(text.characters().length(), part.characters().length());
                return text.characters().contains(part.characters());
            }
            throw new JinjaException(value.described() + " cannot be in a str; expected a str.");
        }
        if (container instanceof Mapping mapping) {
            return mapping.get(value, rendering) != null;
        }
        if (container instanceof Listing listing) {
            for (Value element : listing.walk()) {
                if (equal(element, value, rendering)) {
                    return true;
                }
            }
            return false;
        }
        if (container instanceof Undefined) {
            return false;
        }
        throw new JinjaException("nothing can be in " + container.described() + ".");
    }

    private boolean equal(Value a, Value b) {
        rendering.spend(1);
        if (isNumber(a) && isNumber(b)) {
            boolean isReal = a instanceof Real || b instanceof Real;
            return isReal ? real(a) == real(b) : whole(a) == whole(b);
        }
        if (a instanceof Text one && b instanceof Text other) {
            rendering.spendSearch(one.characters().length(), 1);
            return one.characters().equals(other.characters());
        }
        if (a instanceof Undefined && b instanceof Undefined) {
            return true;
        }
        enter();
        boolean equal;
        if (a instanceof Listing one && b instanceof Listing other) {
            equal = one == other || (one.kind() == other.kind() && equal(one, other));
        } else if (a instanceof Mapping one && b instanceof Mapping other) {
            equal = equal(one, other);
        } else {
            equal = a == b;
        }
        depth--;
        return equal;
    }

    private void enter() {
        if (++depth > Limits.VALUE_DEPTH) {
            throw new JinjaException("a compared value is nested too deeply.");
        }
    }

    private boolean equal(Listing a, Listing b) {
        List<Value> one = a.values();
        List<Value> other = b.values();
        if (a.kind() == Listing.Kind.GENERATOR || one.size() != other.size()) {
            return false;
        }
        for (int i = 0; i < one.size(); i++) {
            if (!equal(one.get(i).asText(), other.get(i).asText())) {
                return false;
            }
        }
        return true;
    }

    private boolean equal(Mapping a, Mapping b) {
        if (a.size() != b.size()) {
            return false;
        }
        for (Mapping.Entry entry : a.entries()) {
            Value other = b.get(entry.key(), rendering);
            if (other == null || !equal(entry.value().asText(), other.asText())) {
                return false;
            }
        }
        return true;
    }

    private int compare(Value a, Value b) {
        rendering.spend(1);
        if (isNumber(a) && isNumber(b)) {
            boolean isReal = a instanceof Real || b instanceof Real;
            return isReal ? compareReals(real(a), real(b)) : Long.compare(whole(a), whole(b));
        }
        if (a instanceof Text one && b instanceof Text other) {
            rendering.spendSearch(one.characters().length(), 1);
            return compareCodePoints(one.characters(), other.characters());
        }
        if (a instanceof Listing one
                && b instanceof Listing other
                && one.kind() == other.kind()
                && (one.kind() == Listing.Kind.LIST || one.kind() == Listing.Kind.TUPLE)) {
            enter();
            int order = compare(one.values(), other.values());
            depth--;
            return order;
        }
        throw new JinjaException(
                "%s and %s have no order.".formatted(a.described(), b.described()));
    }

    private int compare(List<Value> one, List<Value> other) {
        for (int i = 0; i < Math.min(one.size(), other.size()); i++) {
            Value a = one.get(i).asText();
            Value b = other.get(i).asText();
            if (!equal(a, b)) {
                return compare(a, b);
            }
        }
        return Integer.compare(one.size(), other.size());
    }

    private static int compareReals(double a, double b) {
        if (Double.isNaN(a) || Double.isNaN(b)) {
            throw new JinjaException("nan has no order.");
        }
        return a < b ? -1 : a > b ? 1 : 0;
    }

    /** Compares as Python does; Java compares surrogates instead of what they stand for. */
    private static int compareCodePoints(String a, String b) {
        for (int i = 0; i < Math.min(a.length(), b.length()); i++) {
            char one = a.charAt(i);
            char other = b.charAt(i);
            if (one != other) {
                boolean surrogates = Character.isSurrogate(one) && Character.isSurrogate(other);
                if (surrogates || !(Character.isSurrogate(one) || Character.isSurrogate(other))) {
                    return Character.compare(one, other);
                }
                return Character.isSurrogate(one) ? 1 : -1;
            }
        }
        return Integer.compare(a.length(), b.length());
    }

    static boolean isNumber(Value value) {
        return value instanceof Whole || value instanceof Real || value instanceof Truth;
    }

    /** Returns a number as a floating point number. */
    static double real(Value number) {
        return number instanceof Real real ? real.number() : whole(number);
    }

    /** Returns a number that is no floating point number. */
    static long whole(Value number) {
        return number instanceof Whole whole ? whole.number() : number.truth() ? 1 : 0;
    }
}
