package io.github.lapidary.config;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import io.github.lapidary.file.MalformedFileException;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a small JSON file strictly: UTF-8, one object, no key twice.
 *
 * <p>Values are {@code Map<String, Object>}, {@code List<Object>}, {@link Long} (a number of at
 * most 18 digits and nothing else), {@link Double} (every other number), {@link Boolean}, {@link
 * String}, or null.
 */
final class JsonText {

    private static final int MAX_BYTES = 1 << 20;
    private static final int MAX_NESTING = 32;

    private final Path file;
    private final JsonReader reader;

    private JsonText(Path file, String text) {
        this.file = file;
        reader = new JsonReader(new StringReader(text));
        reader.setStrictness(Strictness.STRICT);
        reader.setNestingLimit(MAX_NESTING);
    }

    /**
     * Reads a file.
     *
     * @throws NoSuchFileException if it is not there, or not a regular file
     * @throws MalformedFileException if it is too large or not such JSON
     */
    static Map<String, Object> read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new NoSuchFileException(file.toString(), null, "there is no such regular file");
        }
        try (InputStream input = Files.newInputStream(file)) {
            byte[] bytes = input.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new MalformedFileException(
                        file, "expected at most " + MAX_BYTES + " bytes, found more.");
            }
            return parse(file, bytes);
        }
    }

    /** Reads the bytes of a file, which is named in messages. */
    static Map<String, Object> parse(Path file, byte[] bytes) throws MalformedFileException {
        try {
            String text = UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            return new JsonText(file, text).document();
        } catch (CharacterCodingException e) {
            throw new MalformedFileException(file, "expected UTF-8, found other bytes.", e);
        }
    }

    private Map<String, Object> document() throws MalformedFileException {
        try {
            if (reader.peek() != JsonToken.BEGIN_OBJECT) {
                throw new MalformedFileException(
                        file, "expected a JSON object, found " + reader.peek() + ".");
            }
            Map<String, Object> object = object();
            if (reader.peek() != JsonToken.END_DOCUMENT) {
                throw new MalformedFileException(
                        file, "expected the end after the object, found " + reader.peek() + ".");
            }
            return object;
        } catch (MalformedFileException e) {
            throw e;
        } catch (IOException e) { // broken syntax, nested too deeply, or cut off
            throw new MalformedFileException(file, "not JSON: " + e.getMessage(), e);
        }
    }

    private Map<String, Object> object() throws IOException {
        Map<String, Object> object = new LinkedHashMap<>();
        reader.beginObject();
        while (reader.hasNext()) {
            String key = reader.nextName();
            if (object.containsKey(key)) {
                throw new MalformedFileException(
                        file, "the key at " + reader.getPath() + " is there twice.");
            }
            object.put(key, value());
        }
        reader.endObject();
        return object;
    }

    private List<Object> array() throws IOException {
        List<Object> array = new ArrayList<>();
        reader.beginArray();
        while (reader.hasNext()) {
            array.add(value());
        }
        reader.endArray();
        return array;
    }

    private Object value() throws IOException {
        return switch (reader.peek()) {
            case BEGIN_OBJECT -> object();
            case BEGIN_ARRAY -> array();
            case STRING -> reader.nextString();
            case BOOLEAN -> reader.nextBoolean();
            case NUMBER -> number(reader.nextString());
            default -> {
                reader.nextNull();
                yield null;
            }
        };
    }

    private static Number number(String text) {
        return text.matches("-?[0-9]{1,18}")
                ? (Number) Long.valueOf(text)
                : (Number) Double.valueOf(text);
    }
}
