package io.github.lapidary.text.jinja;

import io.github.lapidary.text.jinja.Token.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Divides a template into tokens.
 *
 * <p>White space is taken away as with Jinja's {@code trim_blocks} and {@code lstrip_blocks}: a
 * line end right after a tag, and the white space between a line's beginning and a tag; a minus
 * sign inside the braces takes all white space on its side, a plus sign keeps it.
 */
final class Lexer {

    /** Longer operators before those that they begin with. */
    private static final List<String> OPERATORS =
            List.of(
                    "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(",
                    ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";");

    private static final int LONGEST_NAME = 1_000;

    private final String source;
    private final List<Token> tokens = new ArrayList<>();

    /** The place up to which the source is divided, and its line. */
    private int place;

    private int line = 1;
    private int lineCountedTo;

    private Lexer(String source) {
        this.source = source;
    }

    static List<Token> tokens(String template) {
        String source = template.replace("\r\n", "\n").replace('\r', '\n');
        Lexer lexer =
                new Lexer(
                        source.endsWith("\n") ? source.substring(0, source.length() - 1) : source);
        lexer.divide();
        return lexer.tokens;
    }

    private void divide() {
        while (place < source.length()) {
            int tag = nextTag();
            if (tag == source.length()) {
                add(Kind.DATA, source.substring(place));
                place = tag;
            } else if (!divideRaw(tag)) {
                divideTag(tag);
            }
        }
        add(Kind.END, "");
    }

    private int nextTag() {
        int tag = source.indexOf('{', place);
        while (tag >= 0 && !(tag + 1 < source.length() && isTag(source.charAt(tag + 1)))) {
            tag = source.indexOf('{', tag + 1);
        }
        return tag < 0 ? source.length() : tag;
    }

    private static boolean isTag(char second) {
        return second == '{' || second == '%' || second == '#';
    }

    private void divideTag(int tag) {
        char second = source.charAt(tag + 1);
        char sign = sign(tag + 2);
        addData(tag, sign, second != '{');
        place = tag + (sign == 0 ? 2 : 3);
        if (second == '#') {
            skipComment();
        } else {
            Kind begin = second == '{' ? Kind.PRINT_BEGIN : Kind.TAG_BEGIN;
            add(begin, "");
            divideExpression(begin);
        }
    }

    /** Returns the sign at a place, or 0. */
    private char sign(int at) {
        char sign = at < source.length() ? source.charAt(at) : 0;
        return sign == '-' || sign == '+' ? sign : 0;
    }

    /** Adds the text before a tag, less the white space that the tag takes away. */
    private void addData(int tag, char sign, boolean takesIndentation) {
        boolean atLineStart = place == 0 || source.charAt(place - 1) == '\n';
        int end = tag;
        if (sign == '-') {
            while (end > place && TextOperations.isSpace(source.charAt(end - 1))) {
                end--;
            }
        } else if (sign == 0 && takesIndentation) {
            int start = tag;
            while (start > place && source.charAt(start - 1) != '\n') {
                start--;
            }
            if ((start > place || atLineStart) && skipSpace(start) >= tag) {
                end = start;
            }
        }
        if (end > place) {
            add(Kind.DATA, source.substring(place, end));
        }
    }

    private int skipSpace(int from) {
        int at = from;
        while (at < source.length() && TextOperations.isSpace(source.charAt(at))) {
            at++;
        }
        return at;
    }

    /** Moves behind the end of a tag, and the white space that it takes away. */
    private void end(int after, char sign, boolean takesLineEnd) {
        place = after;
        if (sign == '-') {
            place = skipSpace(after);
        } else if (sign == 0 && takesLineEnd && source.startsWith("\n", after)) {
            place++;
        }
    }

    private void skipComment() {
        int end = source.indexOf("#}", place);
        if (end < 0) {
            throw error("a comment is not closed by #}.");
        }
        end(end + 2, end > place ? sign(end - 1) : 0, true);
    }

    /** Takes in {@code {% raw %}…{% endraw %}} as text, if it begins at this place. */
    private boolean divideRaw(int tag) {
        int after = keyword(tag, "raw");
        char endSign = after < 0 ? 0 : sign(after);
        if (after < 0
                || endSign == '+'
                || !source.startsWith("%}", after + (endSign == 0 ? 0 : 1))) {
            return false;
        }
        addData(tag, sign(tag + 2), true);
        end(after + (endSign == 0 ? 2 : 3), endSign, false);
        for (int close = source.indexOf("{%", place);
                close >= 0;
                close = source.indexOf("{%", close + 1)) {
            int afterName = keyword(close, "endraw");
            char sign = afterName < 0 ? 0 : sign(afterName);
            int closeEnd = afterName + (sign == 0 ? 0 : 1);
            if (afterName >= 0 && source.startsWith("%}", closeEnd)) {
                addData(close, sign(close + 2), true);
                end(closeEnd + 2, sign, true);
                return true;
            }
        }
        throw error("{% raw %} is not closed by {% endraw %}.");
    }

    /** Returns the place after a tag's keyword and white space, or -1 if it is another tag. */
    private int keyword(int tag, String keyword) {
        int start = skipSpace(tag + (sign(tag + 2) == 0 ? 2 : 3));
        return source.startsWith("{%", tag) && source.startsWith(keyword, start)
                ? skipSpace(start + keyword.length())
                : -1;
    }

    private void divideExpression(Kind begin) {
        Kind end = begin == Kind.PRINT_BEGIN ? Kind.PRINT_END : Kind.TAG_END;
        Deque<String> open = new ArrayDeque<>();
        while (!(open.isEmpty() && divideEnd(end))) {
            if (place == source.length()) {
                throw error("a tag is not closed by " + end + ".");
            }
            char next = source.charAt(place);
            if (TextOperations.isSpace(next)) {
                place++;
            } else if (next >= '0' && next <= '9') {
                divideNumber();
            } else if (isNamePart(next)) {
                divideName();
            } else if (next == '\'' || next == '"') {
                divideString(next);
            } else {
                divideOperator(open);
            }
        }
    }

    private boolean divideEnd(Kind end) {
        char sign = sign(place);
        String brackets = end.toString();
        if (!source.startsWith(brackets, place + (sign == 0 ? 0 : 1))
                || (sign == '+' && end == Kind.PRINT_END)) {
            return false;
        }
        add(end, "");
        end(place + (sign == 0 ? 2 : 3), sign, end == Kind.TAG_END);
        return true;
    }

    private static boolean isNamePart(char character) {
        return Character.isLetterOrDigit(character) || character == '_';
    }

    private void divideName() {
        int end = place;
        while (end < source.length() && isNamePart(source.charAt(end))) {
            end++;
        }
        String name = source.substring(place, end);
        if (name.length() > LONGEST_NAME) { // which messages and values repeat
            throw error("a name has more than " + LONGEST_NAME + " characters.");
        }
        if (!Character.isLetter(name.charAt(0)) && name.charAt(0) != '_') {
            throw error("the name " + name + " begins with a digit.");
        }
        add(Kind.NAME, name);
        place = end;
    }

    private void divideNumber() {
        boolean afterDot = place > 0 && source.charAt(place - 1) == '.';
        NumberLiteral number = NumberLiteral.at(source, place, !afterDot);
        if (!number.real() && number.text().length() > 1 && number.text().startsWith("0")) {
            throw error("the number " + number.text() + " begins with 0.");
        }
        add(number.real() ? Kind.REAL : Kind.WHOLE, number.text());
        place = number.end();
    }

    private void divideString(char quote) {
        int end = place + 1;
        while (end < source.length() && source.charAt(end) != quote) {
            end += source.charAt(end) == '\\' ? 2 : 1;
        }
        if (end >= source.length()) {
            throw error("a string is not closed by " + quote + ".");
        }
        try {
            add(Kind.STRING, StringLiteral.unescape(source.substring(place + 1, end)));
        } catch (JinjaException e) {
            throw e.at(line());
        }
        place = end + 1;
    }

    private void divideOperator(Deque<String> open) {
        for (String operator : OPERATORS) {
            if (source.startsWith(operator, place)) {
                balance(open, operator);
                add(Kind.OPERATOR, operator);
                place += operator.length();
                return;
            }
        }
        throw error(
                "the character %s is not expected in a tag."
                        .formatted(Character.toString(source.codePointAt(place))));
    }

    /** Keeps what closes the open brackets; while any is open, no tag ends. */
    private void balance(Deque<String> open, String operator) {
        switch (operator) {
            case "{" -> open.push("}");
            case "(" -> open.push(")");
            case "[" -> open.push("]");
            case "}", ")", "]" -> {
                String expected = open.isEmpty() ? "nothing open" : open.pop();
                if (!expected.equals(operator)) {
                    throw error("found %s; expected %s.".formatted(operator, expected));
                }
            }
            default -> {}
        }
    }

    private void add(Kind kind, String text) {
        tokens.add(new Token(kind, text, line()));
    }

    private int line() {
        for (; lineCountedTo < place; lineCountedTo++) {
            if (source.charAt(lineCountedTo) == '\n') {
                line++;
            }
        }
        return line;
    }

    private JinjaException error(String problem) {
        return new JinjaException(line(), problem);
    }
}
