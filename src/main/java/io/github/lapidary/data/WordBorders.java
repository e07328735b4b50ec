package io.github.lapidary.data;

/**
 * Where no token may reach across, when a tokenizer is trained.
 *
 * <p>The rule looks at two neighbouring characters only. Every merge is learnt inside of borders,
 * so no token holds two neighbours with a border between; hence none can be made across one when a
 * text is encoded either, although the tokenizer itself, as Gemma's, does not split texts at all.
 */
@FunctionalInterface
interface WordBorders {

    /** How the vocabulary spells a space. */
    int SPACE = '▁';

    /**
     * Words as in Gemma's vocabulary: a space begins the word that follows; letters, other signs
     * and ends of line keep to themselves; each digit stands alone.
     */
    WordBorders GEMMA = WordBorders::isBorder;

    /** What a character counts as. */
    enum Kind {
        SPACE,
        LINE_END,
        BLANK,
        DIGIT,
        LETTER,
        SIGN;

        static Kind of(int codePoint) {
            if (codePoint == WordBorders.SPACE) {
                return SPACE;
            }
            if (codePoint == '\n' || codePoint == '\r') {
                return LINE_END;
            }
            return switch (Character.getType(codePoint)) {
                case Character.UPPERCASE_LETTER,
                        Character.LOWERCASE_LETTER,
                        Character.TITLECASE_LETTER,
                        Character.MODIFIER_LETTER,
                        Character.OTHER_LETTER,
                        Character.NON_SPACING_MARK,
                        Character.ENCLOSING_MARK,
                        Character.COMBINING_SPACING_MARK ->
                        LETTER;
                case Character.DECIMAL_DIGIT_NUMBER,
                        Character.LETTER_NUMBER,
                        Character.OTHER_NUMBER ->
                        DIGIT;
                case Character.CONTROL,
                        Character.SPACE_SEPARATOR,
                        Character.LINE_SEPARATOR,
                        Character.PARAGRAPH_SEPARATOR ->
                        BLANK;
                default -> SIGN;
            };
        }
    }

    /** Returns whether there is a border between two neighbouring characters. */
    boolean between(int left, int right);

    private static boolean isBorder(int left, int right) {
        Kind before = Kind.of(left);
        Kind after = Kind.of(right);
        if (before == Kind.SPACE) {
            return after != Kind.LETTER && after != Kind.SIGN;
        }
        return before != after || before == Kind.DIGIT;
    }
}
