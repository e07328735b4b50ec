package io.github.lapidary.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Set;
import java.util.UUID;

/** Copies a {@code tokenizer.json} that was read before, for a tokenizer with fewer tokens. */
final class TokenizerCopy {

    private final Set<String> special;
    private final Set<String> late;
    private final JsonReader from;
    private final JsonWriter to;

    private TokenizerCopy(Set<String> special, Set<String> late, JsonReader from, JsonWriter to) {
        this.special = special;
        this.late = late;
        this.from = from;
        this.to = to;
    }

    /**
     * Returns the file's text with nothing that recognises special tokens, cuts or pads.
     *
     * @param special the names of the special tokens
     * @param late the names of tokens outside the model's vocabulary
     */
    static String withoutSpecial(Path file, Set<String> special, Set<String> late)
            throws IOException {
        StringWriter text = new StringWriter();
        JsonWriter to = new JsonWriter(text);
        return Json.read(
                file,
                json -> {
                    new TokenizerCopy(special, late, json, to).copyDocument();
                    return text.toString();
                });
    }

    private void copyDocument() throws IOException {
        from.beginObject();
        to.beginObject();
        while (from.hasNext()) {
            String name = from.nextName();
            to.name(name);
            switch (name) {
                case "added_tokens" -> copyTokens();
                case "truncation", "padding", "post_processor" -> {
                    from.skipValue();
                    to.nullValue();
                }
                default -> copyValue();
            }
        }
        from.endObject();
        to.endObject();
    }

    /**
     * Copies the added tokens that are not special.
     *
     * <p>The library numbers those outside the model's vocabulary by their order, so that special
     * ones among them keep their place, under a name that nobody knows.
     */
    private void copyTokens() throws IOException {
        JsonArray tokens = Json.element(from).getAsJsonArray();
        to.beginArray();
        for (JsonElement element : tokens) {
            JsonObject token = element.getAsJsonObject();
            String name = token.get("content").getAsString();
            if (special.contains(name) && late.contains(name)) {
                token.addProperty("content", UUID.randomUUID().toString());
            } else if (special.contains(name)) {
                continue;
            }
            to.jsonValue(token.toString());
        }
        to.endArray();
    }

    private void copyValue() throws IOException {
        switch (from.peek()) {
            case BEGIN_OBJECT -> {
                from.beginObject();
                to.beginObject();
                while (from.hasNext()) {
                    to.name(from.nextName());
                    copyValue();
                }
                from.endObject();
                to.endObject();
            }
            case BEGIN_ARRAY -> {
                from.beginArray();
                to.beginArray();
                while (from.hasNext()) {
                    copyValue();
                }
                from.endArray();
                to.endArray();
            }
            case STRING -> to.value(from.nextString());
            case NUMBER -> to.jsonValue(from.nextString());
            case BOOLEAN -> to.value(from.nextBoolean());
            default -> {
                from.nextNull();
                to.nullValue();
            }
        }
    }
}
