package io.github.lapidary.text;

import com.google.gson.JsonParseException;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.MalformedJsonException;
import io.github.lapidary.file.MalformedFileException;
import java.io.EOFException;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads JSON files; whatever is wrong inside them is a {@link MalformedFileException}. */
final class Json {

    /** More than ten times the size of Gemma 3's tokenizer. */
    private static final long LARGEST_FILE = 400L << 20;

    private Json() {}

    /** Takes what it needs from the top of a file. */
    interface Receiver<T> {
        T read(JsonReader json) throws IOException;
    }

    static <T> T read(Path file, Receiver<T> receiver) throws IOException {
        long bytes = Files.size(file);
        if (bytes > LARGEST_FILE) {
            throw new MalformedFileException(
                    file, "it has " + bytes + " bytes; at most " + LARGEST_FILE + " are read.");
        }
        try (Reader characters = Files.newBufferedReader(file);
                JsonReader json = new JsonReader(characters)) {
            return receiver.read(json);
        } catch (IllegalStateException
                | NumberFormatException
                | UnsupportedOperationException
                | JsonParseException
                | MalformedJsonException
                | CharacterCodingException
                | EOFException e) {
            MalformedFileException malformed =
                    new MalformedFileException(file, "this is not the JSON expected: " + e);
            malformed.initCause(e);
            throw malformed;
        }
    }
}
