package io.github.lapidary.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * What {@code tokenizer_config.json} adds to a tokenizer.
 *
 * @param bosToken the name of the beginning-of-sequence token
 * @param specialTokens the names of tokens that are special by their role, beside those that {@code
 *     tokenizer.json} marks
 */
record TokenizerSettings(String bosToken, Set<String> specialTokens) {

    private static final String DEFAULT_BOS = "<bos>";

    /** Reads a file, which may be missing. */
    static TokenizerSettings read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return new TokenizerSettings(DEFAULT_BOS, Set.of());
        }
        return Json.read(file, json -> of(JsonParser.parseReader(json).getAsJsonObject()));
    }

    private static TokenizerSettings of(JsonObject json) {
        Set<String> special = new HashSet<>();
        for (String key : json.keySet()) {
            if (key.endsWith("_token")) {
                addNames(json.get(key), special);
            }
        }
        addNames(json.get("additional_special_tokens"), special);
        if (json.get("extra_special_tokens") instanceof JsonObject named) {
            named.asMap().values().forEach(token -> addNames(token, special));
        }
        // Gemma's class has this role filled unless told otherwise; the files do not mention it.
        if (json.has("tokenizer_class")
                && json.get("tokenizer_class").getAsString().startsWith("Gemma")
                && !json.has("mask_token")) {
            special.add("<mask>");
        }
        Set<String> bos = new HashSet<>();
        addNames(json.get("bos_token"), bos);
        return new TokenizerSettings(bos.stream().findFirst().orElse(DEFAULT_BOS), special);
    }

    /**
     * A token is named by a text or by an object with its content; settings may be other things.
     */
    private static void addNames(JsonElement token, Set<String> names) {
        if (token instanceof JsonArray tokens) {
            tokens.forEach(element -> addNames(element, names));
        } else if (token instanceof JsonObject object && object.has("content")) {
            names.add(object.get("content").getAsString());
        } else if (token != null
                && token.isJsonPrimitive()
                && token.getAsJsonPrimitive().isString()) {
            names.add(token.getAsString());
        }
    }
}
