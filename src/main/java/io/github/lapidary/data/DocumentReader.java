package io.github.lapidary.data;

import com.google.gson.JsonParseException;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import io.github.lapidary.data.TextSource.JsonLines;
import io.github.lapidary.data.TextSource.Separated;
import io.github.lapidary.file.MalformedFileException;
import java.io.EOFException;
import java.io.IOException;
import java.io.StringReader;

/** Hands over the documents of a file, one after the other. */
final class DocumentReader {

    /** What is done with a document. */
    @FunctionalInterface
    interface Receiver {

        /**
         * Takes a document.
         *
         * @param text the document, which is not blank
         * @param bytesRead how many bytes of the file have been read
         */
        void take(String text, long bytesRead) throws IOException;
    }

    private final TextSource source;
    private final LineReader lines;
    private final Receiver receiver;
    private boolean hasDocument;

    private DocumentReader(TextSource source, LineReader lines, Receiver receiver) {
        this.source = source;
        this.lines = lines;
        this.receiver = receiver;
    }

    /**
     * Reads a file to its end.
     *
     * @throws MalformedFileException if it is no text, has no document, or one that is too long
     */
    static void read(TextSource source, Receiver receiver) throws IOException {
        try (LineReader lines = new LineReader(source.file())) {
            new DocumentReader(source, lines, receiver).read();
        }
    }

    private void read() throws IOException {
        if (source.format() instanceof JsonLines format) {
            readJsonLines(format.field());
        } else if (source.format() instanceof Separated format) {
            readText(format.line());
        } else {
            readText(null);
        }
        if (!hasDocument) {
            throw new MalformedFileException(source.file(), "there is no text in it.");
        }
    }

    private void readText(String separator) throws IOException {
        StringBuilder document = new StringBuilder();
        for (String line = lines.next(); line != null; line = lines.next()) {
            if (isSeparator(line, separator)) {
                hand(document.toString());
                document.setLength(0);
                continue;
            }
            if (document.length() + line.length() > LineReader.MOST_CHARACTERS) {
                throw lines.malformed(
                        "the document has more than %d characters; part the file into several."
                                .formatted(LineReader.MOST_CHARACTERS));
            }
            document.append(line);
        }
        hand(document.toString());
    }

    private static boolean isSeparator(String line, String separator) {
        if (separator == null) {
            return false;
        }
        return separator.isEmpty()
                ? line.isBlank()
                : line.startsWith(separator) && isLineEnd(line.substring(separator.length()));
    }

    private static boolean isLineEnd(String rest) {
        return rest.isEmpty() || rest.equals("\n") || rest.equals("\r\n");
    }

    private void readJsonLines(String field) throws IOException {
        for (String line = lines.next(); line != null; line = lines.next()) {
            if (!line.isBlank()) {
                hand(text(line, field));
            }
        }
    }

    private String text(String line, String field) throws IOException {
        try (JsonReader json = new JsonReader(new StringReader(line))) {
            json.setStrictness(Strictness.STRICT);
            String text = null;
            json.beginObject();
            while (json.hasNext()) {
                if (!json.nextName().equals(field)) {
                    json.skipValue();
                } else if (text == null && json.peek() == JsonToken.STRING) {
                    text = json.nextString();
                } else {
                    throw lines.malformed("\"" + field + "\" is no text, or is there twice.");
                }
            }
            json.endObject();
            if (text == null) {
                throw lines.malformed("there is no \"" + field + "\" in the object.");
            }
            if (json.peek() != JsonToken.END_DOCUMENT) {
                throw new MalformedJsonException("More follows.");
            }
            return text;
        } catch (MalformedJsonException
                | EOFException
                | JsonParseException
                | NumberFormatException
                | IllegalStateException e) {
            throw lines.malformed(
                    "expected a JSON object such as {\""
                            + field
                            + "\": \"…\"}, found "
                            + start(line));
        }
    }

    private static String start(String line) {
        int most = 60;
        String text = line.strip();
        return text.length() <= most ? text : text.substring(0, most) + "…";
    }

    private void hand(String text) throws IOException {
        if (!text.isBlank()) {
            hasDocument = true;
            receiver.take(text, lines.position());
        }
    }
}
