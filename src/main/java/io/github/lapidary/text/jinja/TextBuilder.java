package io.github.lapidary.text.jinja;

import java.util.BitSet;

/** Puts a text together, which costs steps. */
final class TextBuilder {

    private final Rendering rendering;
    private final StringBuilder characters = new StringBuilder();
    private final BitSet own = new BitSet();

    TextBuilder(Rendering rendering) {
        this.rendering = rendering;
    }

    /** Returns the parts as one text. */
    static Text join(Rendering rendering, Text... parts) {
        TextBuilder builder = new TextBuilder(rendering);
        for (Text part : parts) {
            builder.append(part);
        }
        return builder.text();
    }

    TextBuilder append(Text text) {
        return append(text, 0, text.characters().length());
    }

    /** Appends a part between two places. */
    TextBuilder append(Text text, int from, int to) {
        reserve(to - from);
        int offset = characters.length() - from;
        characters.append(text.characters(), from, to);
        for (int start = text.nextOwn(from); start >= 0 && start < to; ) {
            int end = Math.min(text.nextForeign(start), to);
            own.set(start + offset, end + offset);
            start = text.nextOwn(end);
        }
        return this;
    }

    /** Appends characters that are foreign to the template. */
    TextBuilder append(String foreign) {
        return append(foreign, false);
    }

    /** Appends characters in place of others that were own or not. */
    TextBuilder append(String replacement, boolean isOwn) {
        reserve(replacement.length());
        int start = characters.length();
        characters.append(replacement);
        if (isOwn) {
            own.set(start, characters.length());
        }
        return this;
    }

    private void reserve(int length) {
        if (length > Limits.TEXT - characters.length()) {
            throw tooLong();
        }
        rendering.spendSearch(length, 1);
    }

    static JinjaException tooLong() {
        return new JinjaException("a text has more than " + Limits.TEXT + " characters.");
    }

    int length() {
        return characters.length();
    }

    Text text() {
        return new Text(characters.toString(), own);
    }
}
