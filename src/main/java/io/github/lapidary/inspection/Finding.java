package io.github.lapidary.inspection;

import java.util.Objects;

/**
 * Something about a checkpoint that its user should know.
 *
 * @param severity how bad it is
 * @param what what was found
 * @param where the file, tensor or key that it was found in
 * @param effect what it does to the output
 * @param remedy how to mend it
 */
public record Finding(Severity severity, String what, String where, String effect, String remedy) {

    /** How bad a finding is. */
    public enum Severity {
        /** The model does not load, or what it writes is wrong. */
        ERROR,
        /** What the model writes is likely to be wrong. */
        WARNING,
        /** Nothing is wrong, but it may surprise. */
        NOTE
    }

    /**
     * Checks that all is said.
     *
     * @throws NullPointerException naming what is missing
     */
    public Finding {
        Objects.requireNonNull(severity, "severity");
        Objects.requireNonNull(what, "what");
        Objects.requireNonNull(where, "where");
        Objects.requireNonNull(effect, "effect");
        Objects.requireNonNull(remedy, "remedy");
    }

    static Finding error(String what, String where, String effect, String remedy) {
        return new Finding(Severity.ERROR, what, where, effect, remedy);
    }

    static Finding warning(String what, String where, String effect, String remedy) {
        return new Finding(Severity.WARNING, what, where, effect, remedy);
    }

    static Finding note(String what, String where, String effect, String remedy) {
        return new Finding(Severity.NOTE, what, where, effect, remedy);
    }
}
