package io.github.lapidary.text.jinja;

/**
 * A part of a template's text that is not divided further.
 *
 * @param text its characters; of a string, what it stands for
 * @param line the line it begins in, counted from 1
 */
record Token(Kind kind, String text, int line) {

    /** What a token is. */
    enum Kind {
        /** Text between the tags. */
        DATA("text"),
        PRINT_BEGIN("{{"),
        PRINT_END("}}"),
        TAG_BEGIN("{%"),
        TAG_END("%}"),
        NAME("a name"),
        STRING("a string"),
        WHOLE("a number"),
        REAL("a number"),
        OPERATOR("an operator"),
        END("the end of the template");

        private final String description;

        Kind(String description) {
            this.description = description;
        }

        @Override
        public String toString() {
            return description;
        }
    }

    boolean isOperator(String operator) {
        return kind == Kind.OPERATOR && text.equals(operator);
    }

    boolean isName(String name) {
        return kind == Kind.NAME && text.equals(name);
    }

    /** Returns what to call it in a message. */
    String described() {
        return kind == Kind.NAME || kind == Kind.OPERATOR ? "\"" + text + "\"" : kind.toString();
    }
}
