package io.github.lapidary.file;

import java.util.regex.Pattern;

/**
 * Texts of files and models without what would steer a terminal: controls, and turns of writing.
 */
public final class Printable {

    private static final String TURNS = "\\u202A-\\u202E\\u2066-\\u2069";
    private static final Pattern IN_LINES = Pattern.compile("[\\p{Cc}" + TURNS + "]");
    private static final Pattern IN_TEXTS = Pattern.compile("[\\p{Cc}" + TURNS + "&&[^\n\t]]");

    private Printable() {}

    /** Returns a text as a part of a line, with question marks in their places. */
    public static String line(String text) {
        return IN_LINES.matcher(text).replaceAll("?");
    }

    /** Returns a text of lines, which may have tabs, with U+FFFD in their places. */
    public static String text(String text) {
        return IN_TEXTS.matcher(text).replaceAll("\uFFFD");
    }
}
