package io.github.lapidary.text.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;

/** What Python does with texts. */
final class TextOperations {

    private TextOperations() {}

    /** Returns whether a character is white space to Python, which knows more than Java. */
    static boolean isSpace(int codePoint) {
        return Character.isWhitespace(codePoint)
                || Character.isSpaceChar(codePoint)
                || codePoint == 0x85;
    }

    /** Which ends of a text are stripped. */
    enum Ends {
        LEFT,
        RIGHT,
        BOTH
    }

    /** Takes white space from the ends. */
    static Text strip(Text text, Ends ends, Rendering rendering) {
        return strip(text, ends, TextOperations::isSpace, rendering);
    }

    /** Takes characters from the ends that are among others. */
    static Text strip(Text text, Ends ends, Text among, Rendering rendering) {
        rendering.spendSearch(text.characters().length(), among.characters().length());
        return strip(text, ends, c -> among.characters().indexOf(c) >= 0, rendering);
    }

    private static Text strip(Text text, Ends ends, IntPredicate taken, Rendering rendering) {
        String characters = text.characters();
        rendering.spendSearch(characters.length(), 1);
        int from = 0;
        int to = characters.length();
        while (ends != Ends.RIGHT && from < to && taken.test(characters.codePointAt(from))) {
            from += Character.charCount(characters.codePointAt(from));
        }
        while (ends != Ends.LEFT && from < to && taken.test(characters.codePointBefore(to))) {
            to -= Character.charCount(characters.codePointBefore(to));
        }
        return text.part(from, to);
    }

    /** Returns a text several times after itself. */
    static Text repeat(Text text, long count, Rendering rendering) {
        TextBuilder builder = new TextBuilder(rendering);
        if (text.isEmpty()) {
            return text;
        }
        if (count > Limits.TEXT / text.characters().length()) {
            throw TextBuilder.tooLong();
        }
        for (long i = 0; i < count; i++) {
            builder.append(text);
        }
        return builder.text();
    }

    /** Replaces a part wherever it stands, from the left, or so many times. */
    static Text replace(Text text, Text old, Text by, long count, Rendering rendering) {
        String characters = text.characters();
        String part = old.characters();
        rendering.spendSearch(characters.length(), part.length());
        TextBuilder builder = new TextBuilder(rendering);
        int done = 0;
        int from = 0;
        for (long i = 0; count < 0 || i < count; i++) {
            int place = from > characters.length() ? -1 : characters.indexOf(part, from);
            if (place < 0) {
                break;
            }
            builder.append(text, done, place).append(by);
            done = place + part.length();
            from = part.isEmpty() ? next(characters, place) : done;
        }
        return builder.append(text, done, characters.length()).text();
    }

    /** Returns the place after a character; after the last, one that no search finds. */
    private static int next(String characters, int place) {
        return place >= characters.length()
                ? characters.length() + 1
                : characters.offsetByCodePoints(place, 1);
    }

    /** Splits at a separator, at most so many times. */
    static List<Value> split(Text text, Text separator, long most, Rendering rendering) {
        String characters = text.characters();
        String part = separator.characters();
        if (part.isEmpty()) {
            throw new JinjaException("the separator of split is empty.");
        }
        rendering.spendSearch(characters.length(), part.length());
        List<Value> parts = new ArrayList<>();
        int start = 0;
        int place = characters.indexOf(part);
        while (place >= 0 && (most < 0 || parts.size() < most)) {
            rendering.spend(1);
            parts.add(text.part(start, place));
            start = place + part.length();
            place = characters.indexOf(part, start);
        }
        parts.add(text.part(start, characters.length()));
        return parts;
    }

    /** Splits at a separator from the right, at most so many times. */
    static List<Value> splitFromRight(Text text, Text separator, long most, Rendering rendering) {
        if (most < 0) {
            return split(text, separator, most, rendering);
        }
        String characters = text.characters();
        String part = separator.characters();
        if (part.isEmpty()) {
            throw new JinjaException("the separator of rsplit is empty.");
        }
        rendering.spendSearch(characters.length(), part.length());
        List<Value> parts = new ArrayList<>();
        int end = characters.length();
        int place = characters.lastIndexOf(part, end - part.length());
        while (place >= 0 && parts.size() < most) {
            rendering.spend(1);
            parts.add(text.part(place + part.length(), end));
            end = place;
            place = end < part.length() ? -1 : characters.lastIndexOf(part, end - part.length());
        }
        parts.add(text.part(0, end));
        Collections.reverse(parts);
        return parts;
    }

    /** Splits at runs of white space, which may also be at the ends; at most so many times. */
    static List<Value> splitAtSpace(Text text, long most, Rendering rendering) {
        String characters = text.characters();
        rendering.spendSearch(characters.length(), 1);
        List<Value> parts = new ArrayList<>();
        int start = skip(characters, 0, true);
        while (start < characters.length()) {
            rendering.spend(1);
            boolean isLast = most >= 0 && parts.size() >= most;
            int end = isLast ? characters.length() : skip(characters, start, false);
            parts.add(text.part(start, end));
            start = skip(characters, end, true);
        }
        return parts;
    }

    /** Returns the place of the first character from a place on that is white space or not. */
    private static int skip(String characters, int from, boolean space) {
        int place = from;
        while (place < characters.length() && isSpace(characters.charAt(place)) == space) {
            place++;
        }
        return place;
    }

    /** Splits at the ends of lines, which may be kept; an end at the very end begins no line. */
    static List<Text> lines(Text text, boolean keepEnds, Rendering rendering) {
        String characters = text.characters();
        rendering.spendSearch(characters.length(), 1);
        List<Text> lines = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < characters.length(); i++) {
            char c = characters.charAt(i);
            boolean ends =
                    (c >= '\n' && c <= '\r')
                            || (c >= 0x1C && c <= 0x1E)
                            || c == 0x85
                            || c == 0x2028
                            || c == 0x2029;
            if (ends) {
                boolean pair = c == '\r' && characters.startsWith("\n", i + 1);
                int next = i + (pair ? 2 : 1);
                rendering.spend(1);
                lines.add(text.part(start, keepEnds ? next : i));
                start = next;
                i = next - 1;
            }
        }
        if (start < characters.length()) {
            lines.add(text.part(start, characters.length()));
        }
        return lines;
    }

    static Text upper(Text text, Rendering rendering) {
        return convert(text, c -> c.toUpperCase(Locale.ROOT), rendering);
    }

    static Text lower(Text text, Rendering rendering) {
        return convert(text, c -> c.toLowerCase(Locale.ROOT), rendering);
    }

    private static Text convert(Text text, UnaryOperator<String> change, Rendering rendering) {
        TextBuilder builder = new TextBuilder(rendering);
        String characters = text.characters();
        String changed = change.apply(characters);
        if (changed.length() == characters.length()) {
            for (int i = 0; i < changed.length(); ) {
                int end = i;
                while (end < changed.length() && text.isOwn(end) == text.isOwn(i)) {
                    end++;
                }
                builder.append(changed.substring(i, end), text.isOwn(i));
                i = end;
            }
            return builder.text();
        }
        for (int i = 0; i < characters.length(); ) {
            int end = characters.offsetByCodePoints(i, 1);
            builder.append(change.apply(characters.substring(i, end)), text.isOwn(i));
            i = end;
        }
        return builder.text();
    }

    /** Returns a text whose first letter is capital, and whose others are not. */
    static Text capitalize(Text text, Rendering rendering) {
        if (text.isEmpty()) {
            return text;
        }
        String characters = text.characters();
        int first = characters.offsetByCodePoints(0, 1);
        return TextBuilder.join(
                rendering,
                titleCase(text.part(0, first), rendering),
                lower(text.part(first, characters.length()), rendering));
    }

    /** Returns a text in which each run of letters is capitalised. */
    static Text title(Text text, Rendering rendering) {
        TextBuilder builder = new TextBuilder(rendering);
        String characters = text.characters();
        boolean inWord = false;
        for (int i = 0; i < characters.length(); ) {
            int codePoint = characters.codePointAt(i);
            int end = i + Character.charCount(codePoint);
            Text letter = text.part(i, end);
            rendering.spend(1);
            builder.append(inWord ? lower(letter, rendering) : titleCase(letter, rendering));
            inWord =
                    Character.isUpperCase(codePoint)
                            || Character.isLowerCase(codePoint)
                            || Character.isTitleCase(codePoint);
            i = end;
        }
        return builder.text();
    }

    private static Text titleCase(Text letter, Rendering rendering) {
        int codePoint = letter.characters().codePointAt(0);
        int title = Character.toTitleCase(codePoint);
        return title == codePoint
                ? upper(letter, rendering)
                : new TextBuilder(rendering)
                        .append(Character.toString(title), letter.isOwn(0))
                        .text();
    }
}
