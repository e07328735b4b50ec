package io.github.lapidary.text.jinja;

import java.util.BitSet;

/**
 * A text of which each character is known to be the template's own or foreign to it.
 *
 * <p>Own are the characters that the template spells, also in the constants of its expressions, and
 * those of variables given as such. All others are foreign. A text made of others inherits this, so
 * that the rendered text tells what of it no variable had a hand in.
 */
public final class Text implements Value {

    /** The text without characters. */
    static final Text EMPTY = foreign("");

    private final String characters;

    /** The places of the own characters; never changed. */
    private final BitSet own;

    Text(String characters, BitSet own) {
        this.characters = characters;
        this.own = own;
    }

    /** Returns a text of the template. */
    static Text own(String characters) {
        BitSet own = new BitSet(characters.length());
        own.set(0, characters.length());
        return new Text(characters, own);
    }

    /** Returns a text from outside. */
    static Text foreign(String characters) {
        return new Text(characters, new BitSet(0));
    }

    /** Returns the text as it stands. */
    public String characters() {
        return characters;
    }

    /** Returns how many characters of a range are the template's own. */
    public int countOwn(int from, int to) {
        return own.get(from, to).cardinality();
    }

    /** Returns the place of the first own character from a place on, or a negative number. */
    int nextOwn(int from) {
        return own.nextSetBit(from);
    }

    /** Returns the place of the first foreign character from a place on. */
    int nextForeign(int from) {
        return own.nextClearBit(from);
    }

    boolean isOwn(int place) {
        return own.get(place);
    }

    /** Returns a part between two places of {@link #characters}. */
    Text part(int from, int to) {
        return from == 0 && to == characters.length()
                ? this
                : new Text(characters.substring(from, to), own.get(from, to));
    }

    /** Returns how many code points there are: Python's length. */
    int length() {
        return characters.codePointCount(0, characters.length());
    }

    boolean isEmpty() {
        return characters.isEmpty();
    }

    @Override
    public boolean truth() {
        return !characters.isEmpty();
    }

    @Override
    public String type() {
        return "str";
    }

    /** Returns the text as it stands. */
    @Override
    public String toString() {
        return characters;
    }
}
