package io.github.lapidary.text.jinja;

import java.io.Serial;

/** A template is broken, uses what is not known, exceeds a limit, or refuses its variables. */
public final class JinjaException extends RuntimeException {

    @Serial private static final long serialVersionUID = 1L;

    /** Counted from 1; 0 while it is not known. */
    private final int line;

    /** Whether the template itself refuses. */
    private final boolean refusal;

    private JinjaException(String message, int line, boolean refusal, Throwable cause) {
        super(message, cause);
        this.line = line;
        this.refusal = refusal;
    }

    /** Creates an exception whose line is not known yet. */
    JinjaException(String message) {
        this(message, 0, false, null);
    }

    /** Creates an exception about a line, counted from 1. */
    JinjaException(int line, String message) {
        this(message, line, false, null);
    }

    /** Returns what the template says by {@code raise_exception}. */
    static JinjaException refusal(String message) {
        return new JinjaException(message, 0, true, null);
    }

    /** Returns this exception with a line, unless it has one already. */
    JinjaException at(int newLine) {
        return line > 0 ? this : new JinjaException(getMessage(), newLine, refusal, this);
    }

    /** Returns the line of the template, counted from 1. */
    public int line() {
        return line;
    }

    /** Returns whether the template itself refuses, the message being its own. */
    public boolean isRefusal() {
        return refusal;
    }
}
