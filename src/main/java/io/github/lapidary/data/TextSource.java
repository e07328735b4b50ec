package io.github.lapidary.data;

import java.nio.file.Path;
import java.util.Locale;

/**
 * A file with documents, in UTF-8.
 *
 * <p>A byte order mark at the beginning of a file is not part of the text. Documents that are blank
 * are passed over.
 *
 * @param file the file
 * @param format how documents lie in it
 */
public record TextSource(Path file, Format format) {

    /** How documents lie in a file. */
    public sealed interface Format {}

    /** The whole file is one document. */
    public record WholeFile() implements Format {}

    /**
     * Documents are parted by a line.
     *
     * @param line what stands alone in that line; the empty text for blank lines
     */
    public record Separated(String line) implements Format {

        /**
         * Checks that it is a line.
         *
         * @throws IllegalArgumentException if the text has an end of line
         */
        public Separated {
            if (line.indexOf('\n') >= 0 || line.indexOf('\r') >= 0) {
                throw new IllegalArgumentException(
                        "A line that parts documents has no end of line inside.");
            }
        }
    }

    /**
     * Each line is a JSON object that holds a document.
     *
     * @param field the name of the member with the text
     */
    public record JsonLines(String field) implements Format {}

    /** Returns a file that is one document. */
    public static TextSource document(Path file) {
        return new TextSource(file, new WholeFile());
    }

    /** Returns a file with documents parted by a line, which is blank if the text is empty. */
    public static TextSource separated(Path file, String line) {
        return new TextSource(file, new Separated(line));
    }

    /** Returns a file whose lines are JSON objects with the text in this member. */
    public static TextSource jsonLines(Path file, String field) {
        return new TextSource(file, new JsonLines(field));
    }

    /**
     * Returns whether a file has the name of one with JSON lines: {@code .jsonl}, {@code .ndjson}.
     */
    public static boolean hasJsonLinesName(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return name.endsWith(".jsonl") || name.endsWith(".ndjson");
    }
}
