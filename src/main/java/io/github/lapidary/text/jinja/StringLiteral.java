package io.github.lapidary.text.jinja;

/** What stands between the quotes of a string, in which a backslash escapes as in Python. */
final class StringLiteral {

    private StringLiteral() {}

    /** Returns what a string stands for. */
    static String unescape(String quoted) {
        StringBuilder result = new StringBuilder(quoted.length());
        int place = 0;
        while (place < quoted.length()) {
            char next = quoted.charAt(place);
            if (next != '\\') {
                result.append(next);
                place++;
            } else {
                place = unescape(quoted, place + 1, result);
            }
        }
        return result.toString();
    }

    /** Appends what stands for the escape after a backslash, and returns the place after it. */
    private static int unescape(String quoted, int place, StringBuilder result) {
        char escape = quoted.charAt(place);
        switch (escape) {
            case '\n' -> {}
            case '\\', '\'', '"' -> result.append(escape);
            case 'a' -> result.append('\u0007');
            case 'b' -> result.append('\b');
            case 'f' -> result.append('\f');
            case 'n' -> result.append('\n');
            case 'r' -> result.append('\r');
            case 't' -> result.append('\t');
            case 'v' -> result.append('\u000b');
            case 'x' -> {
                return code(quoted, place + 1, 2, 16, result);
            }
            case 'u' -> {
                return code(quoted, place + 1, 4, 16, result);
            }
            case 'U' -> {
                return code(quoted, place + 1, 8, 16, result);
            }
            case '0', '1', '2', '3', '4', '5', '6', '7' -> {
                int digits = 1;
                while (digits < 3 && isOctal(quoted, place + digits)) {
                    digits++;
                }
                return code(quoted, place, digits, 8, result);
            }
            case 'N' -> throw new JinjaException("the escape \\N in a string is not known.");
            default -> result.append('\\').append(escape);
        }
        return place + 1;
    }

    private static boolean isOctal(String quoted, int place) {
        return place < quoted.length() && Character.digit(quoted.charAt(place), 8) >= 0;
    }

    private static int code(String quoted, int from, int digits, int radix, StringBuilder result) {
        long code = 0;
        for (int i = from; i < from + digits; i++) {
            int digit = i < quoted.length() ? Character.digit(quoted.charAt(i), radix) : -1;
            if (digit < 0) {
                throw new JinjaException("an escape in a string lacks digits.");
            }
            code = code * radix + digit;
        }
        if (code > Character.MAX_CODE_POINT || (code >= 0xD800 && code <= 0xDFFF)) {
            throw new JinjaException("an escape in a string stands for no character.");
        }
        result.appendCodePoint((int) code);
        return from + digits;
    }
}
