package io.github.lapidary.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import io.github.lapidary.file.MalformedFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reads {@code tokenizer.json} beside the tokenizers library, for two reasons.
 *
 * <p>The library does not tell how each token is spelled and which are special. And it ends the
 * whole process when certain parts of a file surprise it; so whatever in them is not as Gemma has
 * it is refused here, before the library sees it.
 */
final class TokenizerFile {

    /** An array of this many spellings may be made because a file says so. */
    private static final int MOST_TOKENS = 1 << 22;

    private static final JsonElement NULL = JsonNull.INSTANCE;
    private static final JsonElement EMPTY = JsonParser.parseString("''");

    private static final JsonElement TEMPLATE = JsonParser.parseString("TemplateProcessing");
    private static final JsonElement TEXT = JsonParser.parseString("A");

    private static final JsonElement SPLIT =
            JsonParser.parseString(
                    "{'type':'Split','pattern':{'String':' '},'behavior':'MergedWithPrevious',"
                            + "'invert':false}");

    private static final JsonElement NORMALIZER =
            JsonParser.parseString("{'type':'Replace','pattern':{'String':' '},'content':'▁'}");

    private static final JsonElement DECODER =
            JsonParser.parseString(
                    "{'type':'Sequence','decoders':["
                            + "{'type':'Replace','pattern':{'String':'▁'},'content':' '},"
                            + "{'type':'ByteFallback'},{'type':'Fuse'}]}");

    private final Path file;
    private final Map<String, JsonElement> settings = new HashMap<>();
    private String[] pieces = new String[1 << 10];
    private int size;

    private TokenizerFile(Path file) {
        this.file = file;
    }

    /**
     * What a file says.
     *
     * @param vocabulary the tokens
     * @param special the ids marked as special
     * @param lateTokens tokens that are not in the model's own vocabulary, by id
     */
    record Content(Vocabulary vocabulary, BitSet special, Map<Integer, String> lateTokens) {}

    static Content read(Path file) throws IOException {
        return Json.read(
                file,
                json -> {
                    TokenizerFile reading = new TokenizerFile(file);
                    reading.readSettings(json, "");
                    reading.checkSettings();
                    return reading.content();
                });
    }

    /** Takes the settings in under their path, such as {@code model.type}. */
    private void readSettings(JsonReader json, String path) throws IOException {
        json.beginObject();
        while (json.hasNext()) {
            String name = path + json.nextName();
            JsonElement value = NULL;
            switch (name) {
                case "model" -> readSettings(json, "model.");
                case "model.vocab" -> readVocabulary(json);
                case "model.merges" -> json.skipValue();
                default -> value = Json.element(json);
            }
            if (settings.put(name, value) != null) {
                throw new MalformedFileException(file, name + " is there twice.");
            }
        }
        json.endObject();
    }

    private void readVocabulary(JsonReader json) throws IOException {
        if (json.peek() != JsonToken.BEGIN_OBJECT) {
            throw new MalformedFileException(file, "model.vocab is no object; expected BPE's.");
        }
        json.beginObject();
        while (json.hasNext()) {
            String piece = json.nextName();
            put(json.nextInt(), piece);
        }
        json.endObject();
    }

    private void put(int id, String piece) throws MalformedFileException {
        if (id < 0 || id >= MOST_TOKENS) {
            throw new MalformedFileException(
                    file,
                    "the token %s has the id %d; expected 0 to %d."
                            .formatted(piece, id, MOST_TOKENS - 1));
        }
        if (id >= pieces.length) {
            pieces = Arrays.copyOf(pieces, Math.max(id + 1, 2 * pieces.length));
        }
        if (pieces[id] != null) {
            throw new MalformedFileException(
                    file, "the tokens %s and %s share the id %d.".formatted(pieces[id], piece, id));
        }
        pieces[id] = piece;
        size = Math.max(size, id + 1);
    }

    private void checkSettings() throws MalformedFileException {
        check("normalizer", NORMALIZER);
        check("pre_tokenizer", SPLIT, NULL);
        check("decoder", DECODER);
        checkPostProcessor(settings.getOrDefault("post_processor", NULL));
        check("model.type", JsonParser.parseString("BPE"));
        check("model.dropout", NULL);
        check("model.continuing_subword_prefix", NULL, EMPTY);
        check("model.end_of_word_suffix", NULL, EMPTY);
        JsonElement unknown = settings.getOrDefault("model.unk_token", NULL);
        if (!unknown.isJsonNull() && !Arrays.asList(pieces).contains(unknown.getAsString())) {
            throw new MalformedFileException(
                    file, "model.unk_token is " + unknown + ", which is not in the vocabulary.");
        }
    }

    /** Encoded is one text alone, and it once: a template may only put special tokens beside it. */
    private void checkPostProcessor(JsonElement found) throws MalformedFileException {
        if (found.isJsonNull()) {
            return;
        }
        boolean known =
                found instanceof JsonObject processor
                        && TEMPLATE.equals(processor.get("type"))
                        && processor.get("single") instanceof JsonArray parts
                        && isTemplateOfOne(parts);
        if (!known) {
            throw new MalformedFileException(
                    file,
                    "post_processor is %s; only Gemma's kind is read, a TemplateProcessing of the text A alone."
                            .formatted(found));
        }
    }

    private static boolean isTemplateOfOne(JsonArray parts) {
        int texts = 0;
        for (JsonElement part : parts) {
            if (!(part instanceof JsonObject piece) || piece.size() != 1) {
                return false;
            }
            if (piece.get("Sequence") instanceof JsonObject text && TEXT.equals(text.get("id"))) {
                texts++;
            } else if (!piece.has("SpecialToken")) {
                return false;
            }
        }
        return texts == 1;
    }

    private void check(String name, JsonElement... known) throws MalformedFileException {
        JsonElement found = settings.getOrDefault(name, NULL);
        if (!Arrays.asList(known).contains(found)) {
            throw new MalformedFileException(
                    file,
                    "%s is %s; only Gemma's kind is read, which has %s."
                            .formatted(name, found, known[0]));
        }
    }

    private Content content() throws MalformedFileException {
        BitSet special = new BitSet();
        Map<Integer, String> lateTokens = new TreeMap<>();
        JsonElement added = settings.getOrDefault("added_tokens", new JsonArray());
        for (JsonElement element : added.getAsJsonArray()) {
            JsonObject token = element.getAsJsonObject();
            int id = member(token, "id").getAsInt();
            String piece = member(token, "content").getAsString();
            if (id < 0 || id >= size || !piece.equals(pieces[id])) {
                put(id, piece);
                lateTokens.put(id, piece);
            }
            if (member(token, "special").getAsBoolean()) {
                special.set(id);
            }
        }
        return new Content(new Vocabulary(Arrays.copyOf(pieces, size)), special, lateTokens);
    }

    private JsonElement member(JsonObject token, String name) throws MalformedFileException {
        JsonElement value = token.get(name);
        if (value == null) {
            throw new MalformedFileException(
                    file, "the added token " + token + " has no " + name + ".");
        }
        return value;
    }
}
