package io.github.lapidary.text.jinja;

import io.github.lapidary.text.jinja.TextOperations.Ends;
import io.github.lapidary.text.jinja.Value.Nothing;
import io.github.lapidary.text.jinja.Value.Truth;
import io.github.lapidary.text.jinja.Value.Whole;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;

/** The methods of texts. */
final class TextMethods {

    /** What a method does with its text. */
    private interface Method {
        Value call(Text text, Arguments arguments, Rendering rendering);
    }

    private static final Map<String, Method> METHODS =
            Map.ofEntries(
                    Map.entry("strip", (t, a, r) -> strip(t, Ends.BOTH, a, r)),
                    Map.entry("lstrip", (t, a, r) -> strip(t, Ends.LEFT, a, r)),
                    Map.entry("rstrip", (t, a, r) -> strip(t, Ends.RIGHT, a, r)),
                    Map.entry("split", (t, a, r) -> split(t, false, a, r)),
                    Map.entry("rsplit", (t, a, r) -> split(t, true, a, r)),
                    Map.entry("splitlines", TextMethods::splitLines),
                    Map.entry("partition", (t, a, r) -> partition(t, false, a, r)),
                    Map.entry("rpartition", (t, a, r) -> partition(t, true, a, r)),
                    Map.entry("startswith", (t, a, r) -> hasEnd(t, true, a, r)),
                    Map.entry("endswith", (t, a, r) -> hasEnd(t, false, a, r)),
                    Map.entry("removeprefix", TextMethods::removePrefix),
                    Map.entry("removesuffix", TextMethods::removeSuffix),
                    Map.entry("replace", TextMethods::replace),
                    Map.entry("join", TextMethods::join),
                    Map.entry("upper", without((t, r) -> TextOperations.upper(t, r))),
                    Map.entry("lower", without((t, r) -> TextOperations.lower(t, r))),
                    Map.entry("title", without((t, r) -> TextOperations.title(t, r))),
                    Map.entry("capitalize", without((t, r) -> TextOperations.capitalize(t, r))),
                    Map.entry("find", (t, a, r) -> new Whole(find(t, false, a, r))),
                    Map.entry("rfind", (t, a, r) -> new Whole(find(t, true, a, r))),
                    Map.entry("index", (t, a, r) -> found(find(t, false, a, r))),
                    Map.entry("rindex", (t, a, r) -> found(find(t, true, a, r))),
                    Map.entry("count", TextMethods::count),
                    Map.entry("isspace", without((t, r) -> all(t, TextOperations::isSpace, r))),
                    Map.entry("isalpha", without((t, r) -> all(t, Character::isLetter, r))),
                    Map.entry("isdigit", without((t, r) -> all(t, TextMethods::isDigit, r))),
                    Map.entry("isupper", without((t, r) -> Truth.of(isUpper(t, r)))),
                    Map.entry("islower", without((t, r) -> Truth.of(isLower(t, r)))));

    /** What Python has besides. */
    private static final Set<String> UNKNOWN =
            Set.of(
                    "casefold",
                    "center",
                    "encode",
                    "expandtabs",
                    "format",
                    "format_map",
                    "isalnum",
                    "isascii",
                    "isdecimal",
                    "isidentifier",
                    "isnumeric",
                    "isprintable",
                    "istitle",
                    "ljust",
                    "maketrans",
                    "rjust",
                    "swapcase",
                    "translate",
                    "zfill");

    private TextMethods() {}

    /** Returns a method of a text, or null if Python has none of that name. */
    static Callable find(Text text, String name) {
        if (UNKNOWN.contains(name)) {
            throw new JinjaException("the method " + name + " of a str is not known.");
        }
        Method method = METHODS.get(name);
        return method == null
                ? null
                : (arguments, rendering) -> method.call(text, arguments, rendering);
    }

    /** What a method without arguments does. */
    private interface PlainMethod {
        Value call(Text text, Rendering rendering);
    }

    private static Method without(PlainMethod method) {
        return (text, arguments, rendering) -> {
            arguments.bind(0);
            return method.call(text, rendering);
        };
    }

    private static boolean isGiven(Value argument) {
        return argument != null && argument != Nothing.NONE;
    }

    private static Value strip(Text text, Ends ends, Arguments arguments, Rendering rendering) {
        Value among = arguments.bind(0, "chars")[0];
        return isGiven(among)
                ? TextOperations.strip(text, ends, Arguments.text(among), rendering)
                : TextOperations.strip(text, ends, rendering);
    }

    private static Value split(
            Text text, boolean fromRight, Arguments arguments, Rendering rendering) {
        Value[] bound = arguments.bind(0, "sep", "maxsplit");
        long most = Arguments.whole(bound[1], -1);
        if (isGiven(bound[0])) {
            Text separator = Arguments.text(bound[0]);
            return Listing.list(
                    fromRight
                            ? TextOperations.splitFromRight(text, separator, most, rendering)
                            : TextOperations.split(text, separator, most, rendering));
        }
        if (fromRight && most >= 0) {
            throw new JinjaException("rsplit at white space, with a limit, is not known.");
        }
        return Listing.list(TextOperations.splitAtSpace(text, most, rendering));
    }

    private static Value splitLines(Text text, Arguments arguments, Rendering rendering) {
        boolean keepEnds = Arguments.truth(arguments.bind(0, "keepends")[0]);
        return Listing.list(List.copyOf(TextOperations.lines(text, keepEnds, rendering)));
    }

    private static Value partition(
            Text text, boolean fromRight, Arguments arguments, Rendering rendering) {
        Text separator = Arguments.text(arguments.bind(1, "sep")[0]);
        List<Value> parts =
                fromRight
                        ? TextOperations.splitFromRight(text, separator, 1, rendering)
                        : TextOperations.split(text, separator, 1, rendering);
        if (parts.size() == 2) {
            int start = ((Text) parts.get(0)).characters().length();
            Text middle = text.part(start, start + separator.characters().length());
            return Listing.tuple(parts.get(0), middle, parts.get(1));
        }
        return fromRight
                ? Listing.tuple(Text.EMPTY, Text.EMPTY, text)
                : Listing.tuple(text, Text.EMPTY, Text.EMPTY);
    }

    private static Value hasEnd(
            Text text, boolean atStart, Arguments arguments, Rendering rendering) {
        Value end = arguments.bind(1, "prefix")[0];
        List<Value> ends =
                end instanceof Listing tuple && tuple.kind() == Listing.Kind.TUPLE
                        ? tuple.values()
                        : List.of(end);
        for (Value one : ends) {
            String part = Arguments.text(one).characters();
            rendering.spendSearch(part.length(), 1);
            boolean has =
                    atStart ? text.characters().startsWith(part) : text.characters().endsWith(part);
            if (has) {
                return Truth.TRUE;
            }
        }
        return Truth.FALSE;
    }

    private static Value removePrefix(Text text, Arguments arguments, Rendering rendering) {
        String prefix = Arguments.text(arguments.bind(1, "prefix")[0]).characters();
        rendering.spendSearch(text.characters().length(), 1);
        return text.characters().startsWith(prefix)
                ? text.part(prefix.length(), text.characters().length())
                : text;
    }

    private static Value removeSuffix(Text text, Arguments arguments, Rendering rendering) {
        String suffix = Arguments.text(arguments.bind(1, "suffix")[0]).characters();
        rendering.spendSearch(text.characters().length(), 1);
        return text.characters().endsWith(suffix)
                ? text.part(0, text.characters().length() - suffix.length())
                : text;
    }

    private static Value replace(Text text, Arguments arguments, Rendering rendering) {
        Value[] bound = arguments.bind(2, "old", "new", "count");
        return TextOperations.replace(
                text,
                Arguments.text(bound[0]),
                Arguments.text(bound[1]),
                Arguments.whole(bound[2], -1),
                rendering);
    }

    private static Value join(Text text, Arguments arguments, Rendering rendering) {
        TextBuilder builder = new TextBuilder(rendering);
        boolean first = true;
        for (Value part : Values.elements(arguments.bind(1, "iterable")[0], rendering)) {
            if (!first) {
                builder.append(text);
            }
            first = false;
            builder.append(Arguments.text(part));
        }
        return builder.text();
    }

    /** Returns the place of a part in code points, or -1. */
    private static int find(Text text, boolean last, Arguments arguments, Rendering rendering) {
        String part = Arguments.text(arguments.bind(1, "sub")[0]).characters();
        String characters = text.characters();
        rendering.spendSearch(characters.length(), part.length());
        int place = last ? characters.lastIndexOf(part) : characters.indexOf(part);
        return place < 0 ? -1 : characters.codePointCount(0, place);
    }

    private static Value found(int place) {
        if (place < 0) {
            throw new JinjaException("index finds nothing: substring not found.");
        }
        return new Whole(place);
    }

    private static Value count(Text text, Arguments arguments, Rendering rendering) {
        Text part = Arguments.text(arguments.bind(1, "sub")[0]);
        return new Whole(
                part.isEmpty()
                        ? Values.length(text, rendering) + 1L
                        : TextOperations.split(text, part, -1, rendering).size() - 1L);
    }

    private static Value all(Text text, IntPredicate condition, Rendering rendering) {
        rendering.spendSearch(text.characters().length(), 1);
        return Truth.of(!text.isEmpty() && text.characters().codePoints().allMatch(condition));
    }

    private static boolean isDigit(int codePoint) {
        if (Character.getType(codePoint) == Character.OTHER_NUMBER) {
            throw new JinjaException("isdigit of U+%04X is not known.".formatted(codePoint));
        }
        return Character.isDigit(codePoint);
    }

    /** Returns whether there are capital letters and no small ones. */
    static boolean isUpper(Text text, Rendering rendering) {
        rendering.spendSearch(text.characters().length(), 1);
        String characters = text.characters();
        return characters.codePoints().anyMatch(Character::isUpperCase)
                && characters
                        .codePoints()
                        .noneMatch(c -> Character.isLowerCase(c) || Character.isTitleCase(c));
    }

    /** Returns whether there are small letters and no capital ones. */
    static boolean isLower(Text text, Rendering rendering) {
        rendering.spendSearch(text.characters().length(), 1);
        String characters = text.characters();
        return characters.codePoints().anyMatch(Character::isLowerCase)
                && characters
                        .codePoints()
                        .noneMatch(c -> Character.isUpperCase(c) || Character.isTitleCase(c));
    }
}
