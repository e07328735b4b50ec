package io.github.lapidary.text.jinja;

import io.github.lapidary.text.jinja.Value.Markup;
import io.github.lapidary.text.jinja.Value.Nothing;
import io.github.lapidary.text.jinja.Value.Real;
import io.github.lapidary.text.jinja.Value.Truth;
import io.github.lapidary.text.jinja.Value.Undefined;
import io.github.lapidary.text.jinja.Value.Whole;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;

/** How Python prints values. */
final class Representation {

    private final Rendering rendering;
    private final TextBuilder result;
    private int depth;

    private Representation(Rendering rendering) {
        this.rendering = rendering;
        result = new TextBuilder(rendering);
    }

    /** Returns what printing a value shows: Python's {@code str}. */
    static Text text(Value value, Rendering rendering) {
        if (value instanceof Text text) {
            return text;
        }
        if (value instanceof Markup markup) {
            return markup.text();
        }
        if (value instanceof Undefined) {
            return Text.EMPTY;
        }
        Representation representation = new Representation(rendering);
        representation.append(value);
        return representation.result.text();
    }

    /** Appends Python's {@code repr}, which quotes texts. */
    private void append(Value value) {
        rendering.spend(1);
        if (++depth > Limits.VALUE_DEPTH) {
            throw new JinjaException("a printed value is nested too deeply.");
        }
        if (value instanceof Text text) {
            quote(text);
        } else if (value instanceof Listing listing) {
            listing(listing);
        } else if (value instanceof Mapping mapping) {
            mapping(mapping);
        } else {
            result.append(scalar(value));
        }
        depth--;
    }

    private static String scalar(Value value) {
        if (value instanceof Whole whole) {
            return Long.toString(whole.number());
        } else if (value instanceof Real real) {
            return real(real.number());
        } else if (value instanceof Truth truth) {
            return truth.truth() ? "True" : "False";
        } else if (value == Nothing.NONE) {
            return "None";
        } else if (value instanceof Undefined) {
            return "Undefined";
        } else {
            throw new JinjaException(value.described() + " cannot be printed.");
        }
    }

    private void listing(Listing listing) {
        switch (listing.kind()) {
            case LIST -> values("[", listing.values(), "]");
            case TUPLE -> values("(", listing.values(), listing.values().size() == 1 ? ",)" : ")");
            default -> throw new JinjaException(listing.described() + " cannot be printed.");
        }
    }

    private void values(String open, List<Value> values, String close) {
        result.append(open);
        for (int i = 0; i < values.size(); i++) {
            if (i > 0) {
                result.append(", ");
            }
            append(values.get(i));
        }
        result.append(close);
    }

    private void mapping(Mapping mapping) {
        String separator = "{";
        for (Mapping.Entry entry : mapping.entries()) {
            result.append(separator);
            append(entry.key());
            result.append(": ");
            append(entry.value());
            separator = ", ";
        }
        result.append(mapping.size() == 0 ? "{}" : "}");
    }

    /** Appends a text in quotes; double ones if that spares escaping. */
    private void quote(Text text) {
        String characters = text.characters();
        char quote = characters.indexOf('\'') >= 0 && characters.indexOf('"') < 0 ? '"' : '\'';
        result.append(String.valueOf(quote));
        for (int i = 0; i < characters.length(); ) {
            int codePoint = characters.codePointAt(i);
            result.append(escaped(codePoint, quote), text.isOwn(i));
            i += Character.charCount(codePoint);
        }
        result.append(String.valueOf(quote));
    }

    private static String escaped(int codePoint, char quote) {
        if (codePoint == quote || codePoint == '\\') {
            return "\\" + (char) codePoint;
        }
        return switch (codePoint) {
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            default -> {
                if (isPrintable(codePoint)) {
                    yield Character.toString(codePoint);
                }
                String format =
                        codePoint < 0x100 ? "\\x%02x" : codePoint < 0x10000 ? "\\u%04x" : "\\U%08x";
                yield format.formatted(codePoint);
            }
        };
    }

    private static boolean isPrintable(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR ->
                    false;
            case Character.SPACE_SEPARATOR -> codePoint == ' ';
            default -> true;
        };
    }

    /** Returns the fewest digits that mean the number; with an exponent if it is far from 1. */
    static String real(double number) {
        if (Double.isNaN(number)) {
            return "nan";
        }
        if (Double.isInfinite(number)) {
            return number > 0 ? "inf" : "-inf";
        }
        if (number == 0) {
            return 1 / number > 0 ? "0.0" : "-0.0";
        }
        BigDecimal shortest = shortest(number).stripTrailingZeros();
        int exponent = shortest.precision() - shortest.scale() - 1;
        if (exponent >= -4 && exponent < 16) {
            return (shortest.scale() < 1 ? shortest.setScale(1) : shortest).toPlainString();
        }
        String digits = shortest.unscaledValue().abs().toString();
        return (number < 0 ? "-" : "")
                + digits.charAt(0)
                + (digits.length() > 1 ? "." + digits.substring(1) : "")
                + "e%s%02d".formatted(exponent < 0 ? "-" : "+", Math.abs(exponent));
    }

    private static BigDecimal shortest(double number) {
        // The least numbers have 750 digits, of which these are more than enough.
        BigDecimal exact = new BigDecimal(number).round(new MathContext(60));
        for (int digits = 1; digits < 17; digits++) {
            BigDecimal rounded = exact.round(new MathContext(digits));
            if (rounded.doubleValue() == number) {
                return rounded;
            }
        }
        return exact.round(new MathContext(17));
    }
}
