package io.github.lapidary.text.jinja;

import io.github.lapidary.text.jinja.TextOperations.Ends;
import io.github.lapidary.text.jinja.Value.Markup;
import io.github.lapidary.text.jinja.Value.Nothing;
import java.util.List;

/** Filters of texts; what is no text is printed first. */
final class TextFilters {

    private TextFilters() {}

    private static Text printed(Value value, Rendering rendering) {
        if (value instanceof Markup) {
            throw new JinjaException("a filter after the filter safe is not known.");
        }
        return Representation.text(value, rendering);
    }

    static Value upper(Value value, Arguments arguments, Rendering rendering) {
        arguments.bind(0);
        return TextOperations.upper(printed(value, rendering), rendering);
    }

    static Value lower(Value value, Arguments arguments, Rendering rendering) {
        arguments.bind(0);
        return TextOperations.lower(printed(value, rendering), rendering);
    }

    static Value capitalize(Value value, Arguments arguments, Rendering rendering) {
        arguments.bind(0);
        return TextOperations.capitalize(printed(value, rendering), rendering);
    }

    static Value string(Value value, Arguments arguments, Rendering rendering) {
        arguments.bind(0);
        return printed(value, rendering);
    }

    static Value safe(Value value, Arguments arguments, Rendering rendering) {
        arguments.bind(0);
        return new Markup(Representation.text(value, rendering));
    }

    static Value trim(Value value, Arguments arguments, Rendering rendering) {
        Value among = arguments.bind(0, "chars")[0];
        Text text = printed(value, rendering);
        return among == null || among == Nothing.NONE
                ? TextOperations.strip(text, Ends.BOTH, rendering)
                : TextOperations.strip(text, Ends.BOTH, Arguments.text(among), rendering);
    }

    static Value replace(Value value, Arguments arguments, Rendering rendering) {
        Value[] bound = arguments.bind(2, "old", "new", "count");
        return TextOperations.replace(
                printed(value, rendering),
                printed(bound[0], rendering),
                printed(bound[1], rendering),
                bound[2] == Nothing.NONE ? -1 : Arguments.whole(bound[2], -1),
                rendering);
    }

    /** Capitalises what follows white space, a hyphen or an opening bracket; not as the method. */
    static Value title(Value value, Arguments arguments, Rendering rendering) {
        arguments.bind(0);
        Text text = printed(value, rendering);
        String characters = text.characters();
        TextBuilder builder = new TextBuilder(rendering);
        int start = 0;
        while (start < characters.length()) {
            boolean separates = separatesWords(characters.charAt(start));
            int end = start;
            while (end < characters.length()
                    && separatesWords(characters.charAt(end)) == separates) {
                end++;
            }
            if (separates) {
                builder.append(text, start, end);
            } else {
                int second = characters.offsetByCodePoints(start, 1);
                builder.append(TextOperations.upper(text.part(start, second), rendering));
                builder.append(TextOperations.lower(text.part(second, end), rendering));
            }
            start = end;
        }
        return builder.text();
    }

    private static boolean separatesWords(char character) {
        return "-({[<".indexOf(character) >= 0 || TextOperations.isSpace(character);
    }

    static Value indent(Value value, Arguments arguments, Rendering rendering) {
        Value[] bound = arguments.bind(0, "width", "first", "blank");
        Text indent =
                bound[0] instanceof Text given
                        ? given
                        : TextOperations.repeat(
                                Text.foreign(" "), Arguments.whole(bound[0], 4), rendering);
        boolean first = Arguments.truth(bound[1]);
        boolean blank = Arguments.truth(bound[2]);
        Text newLine = Text.foreign("\n");
        Text ended = TextBuilder.join(rendering, Arguments.text(value), newLine);
        List<Text> lines = TextOperations.lines(ended, false, rendering);
        TextBuilder builder = new TextBuilder(rendering);
        for (int i = 0; i < lines.size(); i++) {
            if (i > 0) {
                builder.append(newLine);
            }
            if (i == 0 ? first : blank || !lines.get(i).isEmpty()) {
                builder.append(indent);
            }
            builder.append(lines.get(i));
        }
        return builder.text();
    }
}
