package io.github.lapidary.text.jinja;

/**
 * A number in a template, without sign.
 *
 * @param text its digits, without the underscores that may stand between them
 * @param real whether it has a fraction or an exponent
 * @param end the place after it
 */
record NumberLiteral(String text, boolean real, int end) {

    /** Reads the number that begins at a place; after a dot it has no fraction or exponent. */
    static NumberLiteral at(String source, int place, boolean mayBeReal) {
        int whole = digits(source, place);
        int end = mayBeReal ? exponent(source, fraction(source, whole)) : whole;
        return new NumberLiteral(source.substring(place, end).replace("_", ""), end > whole, end);
    }

    private static int fraction(String source, int from) {
        int end = source.startsWith(".", from) ? digits(source, from + 1) : from;
        return end > from + 1 ? end : from;
    }

    private static int exponent(String source, int from) {
        if (from == source.length() || "eE".indexOf(source.charAt(from)) < 0) {
            return from;
        }
        boolean signed = source.startsWith("+", from + 1) || source.startsWith("-", from + 1);
        int start = from + (signed ? 2 : 1);
        int end = digits(source, start);
        return end > start ? end : from;
    }

    /** Returns the place after digits, between which single underscores may stand. */
    private static int digits(String source, int from) {
        int at = from;
        while (isDigit(source, at)
                || (at > from && source.startsWith("_", at) && isDigit(source, at + 1))) {
            at++;
        }
        return at;
    }

    private static boolean isDigit(String source, int at) {
        return at < source.length() && source.charAt(at) >= '0' && source.charAt(at) <= '9';
    }
}
