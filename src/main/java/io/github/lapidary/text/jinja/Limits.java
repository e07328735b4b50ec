package io.github.lapidary.text.jinja;

/** How much a template may ask for before it is refused, many times what real ones need. */
final class Limits {

    /** Characters of a template. */
    static final int TEMPLATE = 1 << 19;

    /** Expressions or statements inside one another, in the text of a template. */
    static final int NESTING = 100;

    /** Parameters of a macro, or arguments of a call. */
    static final int PARAMETERS = 100;

    /** Expressions, statements and macros inside one another, while rendering. */
    static final int DEPTH = 400;

    /** Lists and mappings inside one another. */
    static final int VALUE_DEPTH = 100;

    /** Steps of a rendering: parts of expressions, turns of loops, and characters copied. */
    static final long STEPS = 5_000_000;

    /** Characters that are copied or looked at in one step. */
    static final int CHARACTERS_A_STEP = 16;

    /** Characters of a rendered text, and of every text on the way. */
    static final int TEXT = 1 << 23;

    /** Numbers of a range; the limit of Jinja's sandbox. */
    static final int RANGE = 100_000;

    private Limits() {}
}
