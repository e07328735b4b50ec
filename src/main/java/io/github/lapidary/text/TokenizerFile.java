package io.github.lapidary.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.stream.JsonReader;
import io.github.lapidary.file.MalformedFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Map;
import java.util.TreeMap;

/**
 * What {@code tokenizer.json} says and the tokenizers library does not give out: how each token is
 * spelled, which are special, and how tokens become text.
 */
final class TokenizerFile {

    /** An array of this many spellings may be made because a file says so. */
    private static final int MOST_TOKENS = 1 << 22;

    private static final JsonElement DECODERS =
            JsonParser.parseString(
                    "[{'type':'Replace','pattern':{'String':'▁'},'content':' '},"
                            + "{'type':'ByteFallback'},{'type':'Fuse'}]");

    private static final JsonElement STRIP =
            JsonParser.parseString("{'type':'Strip','content':' ','start':1,'stop':0}");

    private final Path file;
    private String[] pieces = new String[1 << 10];
    private int size;
    private boolean vocabularyRead;
    private JsonArray addedTokens;
    private JsonElement decoder;

    private TokenizerFile(Path file) {
        this.file = file;
    }

    /**
     * The answer.
     *
     * @param vocabulary the tokens
     * @param special the ids marked as special
     * @param lateTokens tokens that are not in the model's own vocabulary, by id
     * @param stripLeadingSpace whether decoding takes a leading space away
     */
    record Content(
            Vocabulary vocabulary,
            BitSet special,
            Map<Integer, String> lateTokens,
            boolean stripLeadingSpace) {}

    static Content read(Path file) throws IOException {
        return Json.read(
                file,
                json -> {
                    TokenizerFile reading = new TokenizerFile(file);
                    reading.readRoot(json);
                    return reading.content();
                });
    }

    private void readRoot(JsonReader json) throws IOException {
        json.beginObject();
        while (!isComplete() && json.hasNext()) {
            switch (json.nextName()) {
                case "added_tokens" -> addedTokens = JsonParser.parseReader(json).getAsJsonArray();
                case "decoder" -> decoder = JsonParser.parseReader(json);
                case "model" -> readModel(json);
                default -> json.skipValue();
            }
        }
    }

    /** Returns whether the rest, half of the file, can be left to the library that encodes. */
    private boolean isComplete() {
        return vocabularyRead && addedTokens != null && decoder != null;
    }

    private void readModel(JsonReader json) throws IOException {
        json.beginObject();
        while (!isComplete() && json.hasNext()) {
            switch (json.nextName()) {
                case "type" -> checkType(json.nextString());
                case "vocab" -> readVocabulary(json);
                default -> json.skipValue();
            }
        }
        if (!isComplete()) {
            json.endObject();
        }
    }

    private void checkType(String type) throws MalformedFileException {
        if (!type.equals("BPE")) {
            throw new MalformedFileException(
                    file, "the model is of type " + type + "; expected BPE.");
        }
    }

    private void readVocabulary(JsonReader json) throws IOException {
        json.beginObject();
        while (json.hasNext()) {
            String piece = json.nextName();
            put(json.nextInt(), piece);
        }
        json.endObject();
        vocabularyRead = true;
    }

    private void put(int id, String piece) throws MalformedFileException {
        if (id < 0 || id >= MOST_TOKENS) {
            throw new MalformedFileException(
                    file,
                    "the token "
                            + piece
                            + " has the id "
                            + id
                            + "; at most "
                            + (MOST_TOKENS - 1)
                            + " is read.");
        }
        if (id >= pieces.length) {
            pieces = Arrays.copyOf(pieces, Math.max(id + 1, 2 * pieces.length));
        }
        if (pieces[id] != null) {
            throw new MalformedFileException(
                    file,
                    "the tokens " + pieces[id] + " and " + piece + " share the id " + id + ".");
        }
        pieces[id] = piece;
        size = Math.max(size, id + 1);
    }

    private Content content() throws MalformedFileException {
        if (!vocabularyRead) {
            throw new MalformedFileException(file, "it has no model.vocab.");
        }
        BitSet special = new BitSet();
        Map<Integer, String> lateTokens = new TreeMap<>();
        for (JsonElement element : addedTokens == null ? new JsonArray() : addedTokens) {
            JsonObject token = element.getAsJsonObject();
            int id = member(token, "id").getAsInt();
            String piece = member(token, "content").getAsString();
            if (id < 0 || id >= size || !piece.equals(pieces[id])) {
                put(id, piece);
                lateTokens.put(id, piece);
            }
            special.set(id, member(token, "special").getAsBoolean());
        }
        Vocabulary vocabulary = new Vocabulary(Arrays.copyOf(pieces, size));
        return new Content(vocabulary, special, lateTokens, stripsLeadingSpace());
    }

    private JsonElement member(JsonObject token, String name) throws MalformedFileException {
        JsonElement value = token.get(name);
        if (value == null) {
            throw new MalformedFileException(
                    file, "the added token " + token + " has no " + name + ".");
        }
        return value;
    }

    private boolean stripsLeadingSpace() throws MalformedFileException {
        if (decoder instanceof JsonObject sequence
                && sequence.get("decoders") instanceof JsonArray found) {
            JsonArray plain = DECODERS.deepCopy().getAsJsonArray();
            if (found.equals(plain)) {
                return false;
            }
            plain.add(STRIP);
            if (found.equals(plain)) {
                return true;
            }
        }
        throw new MalformedFileException(
                file,
                "its decoder is "
                        + decoder
                        + "; expected Replace, ByteFallback, Fuse and perhaps"
                        + " Strip, as Gemma has them.");
    }
}
