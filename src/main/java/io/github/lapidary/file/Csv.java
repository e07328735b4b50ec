package io.github.lapidary.file;

import java.util.Arrays;
import java.util.stream.Collectors;

/** Comma-separated values (RFC 4180). */
public final class Csv {

    private Csv() {}

    /** Returns a line of these cells, with its end; null is an empty one. */
    public static String row(Object... cells) {
        return Arrays.stream(cells)
                        .map(cell -> cell == null ? "" : quoted(cell.toString()))
                        .collect(Collectors.joining(","))
                + "\n";
    }

    private static String quoted(String text) {
        return text.matches("[^\",\\p{Cntrl}]*") ? text : '"' + text.replace("\"", "\"\"") + '"';
    }
}
