package io.github.lapidary.text;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.Strictness;
import com.google.gson.TypeAdapter;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
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

    private static final TypeAdapter<JsonElement> ELEMENTS =
            new Gson().getAdapter(JsonElement.class);

    private Json() {}

    /** Makes something of a file. */
    interface Receiver<T> {

        /** Reads from the beginning to the end. */
        T read(JsonReader json) throws IOException;
    }

    /** Reads the next value as a tree, as strictly as the rest. */
    static JsonElement element(JsonReader json) throws IOException {
        return ELEMENTS.read(json);
    }

    /** Reads a whole file as strictly as the tokenizers library does. */
    static <T> T read(Path file, Receiver<T> receiver) throws IOException {
        long bytes = Files.size(file);
        if (bytes > LARGEST_FILE) {
            throw new MalformedFileException(
                    file, "it has " + bytes + " bytes; at most " + LARGEST_FILE + " are read.");
        }
        try (Reader characters = Files.newBufferedReader(file)) {
            return read(file, characters, receiver);
        }
    }

    /** Reads characters that a file holds. */
    static <T> T read(Path file, Reader characters, Receiver<T> receiver) throws IOException {
        try (JsonReader json = new JsonReader(characters)) {
            json.setStrictness(Strictness.STRICT);
            T result = receiver.read(json);
            if (json.peek() != JsonToken.END_DOCUMENT) {
                throw new MalformedFileException(file, "there is text after the JSON object.");
            }
            return result;
        } catch (CharacterCodingException e) {
            throw new MalformedFileException(file, "it is not UTF-8.", e);
        } catch (IllegalStateException
                | NumberFormatException
                | UnsupportedOperationException
                | JsonParseException
                | MalformedJsonException
                | EOFException e) {
            // The second line of Gson's messages is a link.
            String problem = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            throw new MalformedFileException(file, "it is not the JSON expected: " + problem, e);
        }
    }
}
