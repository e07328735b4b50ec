package io.github.lapidary.file;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Strict JSON from bytes that nobody vouches for: UTF-8, one object, no key twice. */
final class JsonInput {

    private static final int NESTING_LIMIT = 16;

    /** Reads the value of one member of an object. */
    interface Member {
        void read(String name) throws IOException;
    }

    private final Path file;
    private final String part;
    private final JsonReader reader;

    /** Takes the bytes, and what they are for messages: "header". */
    JsonInput(Path file, String part, byte[] bytes) {
        this.file = file;
        this.part = part;
        reader =
                new JsonReader(
                        new InputStreamReader(
                                new ByteArrayInputStream(bytes),
                                UTF_8.newDecoder()
                                        .onMalformedInput(CodingErrorAction.REPORT)
                                        .onUnmappableCharacter(CodingErrorAction.REPORT)));
        reader.setStrictness(Strictness.STRICT);
        reader.setNestingLimit(NESTING_LIMIT);
    }

    /** Reads the whole text: one object and nothing after it. */
    void document(Member member) throws MalformedFileException {
        try {
            object(member);
            expect(JsonToken.END_DOCUMENT);
        } catch (MalformedFileException e) {
            throw e;
        } catch (CharacterCodingException e) {
            throw new MalformedFileException(
                    file, "the %s is not UTF-8, near %s.".formatted(part, where()), e);
        } catch (EOFException e) {
            throw new MalformedFileException(
                    file, "the %s ends too early, near %s.".formatted(part, where()), e);
        } catch (IOException e) {
            throw new MalformedFileException(
                    file, "the %s is not JSON, near %s.".formatted(part, where()), e);
        }
    }

    void object(Member member) throws IOException {
        expect(JsonToken.BEGIN_OBJECT);
        reader.beginObject();
        Set<String> names = new HashSet<>();
        while (reader.hasNext()) {
            String name = reader.nextName();
            if (!UTF_8.newEncoder().canEncode(name)) {
                throw malformed("a key with half of a surrogate pair");
            }
            if (!names.add(name)) {
                throw malformed("this key twice");
            }
            member.read(name);
        }
        reader.endObject();
    }

    String string() throws IOException {
        expect(JsonToken.STRING);
        return reader.nextString();
    }

    /** Reads an array of integers from 0, refusing more of them than the limit. */
    List<Long> integers(int limit) throws IOException {
        expect(JsonToken.BEGIN_ARRAY);
        reader.beginArray();
        List<Long> integers = new ArrayList<>();
        while (reader.hasNext()) {
            if (integers.size() == limit) {
                throw malformed("more than %d elements".formatted(limit));
            }
            integers.add(integer());
        }
        reader.endArray();
        return integers;
    }

    private long integer() throws IOException {
        expect(JsonToken.NUMBER);
        String text = reader.nextString();
        try {
            long value = Long.parseLong(text);
            if (value >= 0) {
                return value;
            }
        } catch (NumberFormatException e) {
            throw new MalformedFileException(
                    file,
                    message(text + ", no 64-bit integer,", reader.getPreviousPath()) + ".",
                    e);
        }
        throw malformed("the negative number " + text);
    }

    void skip() throws IOException {
        reader.skipValue();
    }

    /** Returns an exception that says what was found at the place just read. */
    MalformedFileException malformed(String found) {
        return new MalformedFileException(file, message(found, reader.getPreviousPath()) + ".");
    }

    private void expect(JsonToken expected) throws IOException {
        JsonToken found = reader.peek();
        if (found != expected) {
            throw new MalformedFileException(
                    file,
                    message(text(found), reader.getPath()) + "; expected " + text(expected) + ".");
        }
    }

    private String message(String found, String where) {
        return "the %s holds %s at %s".formatted(part, found, shorten(where));
    }

    private static String text(JsonToken token) {
        return switch (token) {
            case BEGIN_ARRAY -> "an array";
            case BEGIN_OBJECT -> "an object";
            case STRING -> "a string";
            case NUMBER -> "a number";
            case BOOLEAN -> "a truth value";
            case NULL -> "null";
            case END_DOCUMENT -> "the end";
            case NAME -> "a key";
            case END_ARRAY, END_OBJECT -> "a closing bracket";
        };
    }

    private String where() {
        return shorten(reader.getPath());
    }

    private static String shorten(String path) {
        return path.length() <= 200 ? path : path.substring(0, 200) + "…";
    }
}
