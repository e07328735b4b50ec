package io.github.lapidary.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.gson.stream.JsonReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What {@code tokenizer_config.json} adds to a tokenizer.
 *
 * @param bosToken the name of the beginning-of-sequence token
 * @param specialTokens the names of tokens that are special by their role, beside those that {@code
 *     tokenizer.json} marks
 * @param tokensByRole the names of tokens by role, such as {@code eos_token}
 * @param chatTemplate the chat template, as it is there
 */
record TokenizerSettings(
        String bosToken,
        Set<String> specialTokens,
        Map<String, String> tokensByRole,
        Optional<JsonElement> chatTemplate) {

    private static final String DEFAULT_BOS = "<bos>";
    private static final String CHAT_TEMPLATE = "chat_template";

    /** Reads a file, which may be missing. */
    static TokenizerSettings read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return new TokenizerSettings(DEFAULT_BOS, Set.of(), Map.of(), Optional.empty());
        }
        return Json.read(file, json -> of(roles(json)));
    }

    /** Passes over the long part: the tokens that the tokenizer repeats. */
    private static Map<String, JsonElement> roles(JsonReader json) throws IOException {
        Map<String, JsonElement> roles = new HashMap<>();
        json.beginObject();
        while (json.hasNext()) {
            String name = json.nextName();
            if (name.endsWith("_token")
                    || name.endsWith("special_tokens")
                    || name.equals("tokenizer_class")
                    || name.equals(CHAT_TEMPLATE)) {
                roles.put(name, Json.element(json));
            } else {
                json.skipValue();
            }
        }
        json.endObject();
        return roles;
    }

    private static TokenizerSettings of(Map<String, JsonElement> roles) {
        Optional<JsonElement> template =
                Optional.ofNullable(roles.remove(CHAT_TEMPLATE)).filter(e -> !e.isJsonNull());
        List<String> type = names(roles.remove("tokenizer_class"));
        List<String> bos = names(roles.get("bos_token"));
        Set<String> special = new HashSet<>();
        roles.values().forEach(tokens -> special.addAll(names(tokens)));
        // transformers gives Gemma's tokenizers this role unless told otherwise.
        if (type.stream().anyMatch(name -> name.startsWith("Gemma"))
                && !roles.containsKey("mask_token")) {
            special.add("<mask>");
        }
        return new TokenizerSettings(
                bos.isEmpty() ? DEFAULT_BOS : bos.get(0), special, tokensByRole(roles), template);
    }

    private static Map<String, String> tokensByRole(Map<String, JsonElement> roles) {
        Map<String, String> tokens = new HashMap<>();
        roles.forEach(
                (role, token) -> {
                    List<String> names = names(token);
                    if (role.endsWith("_token") && names.size() == 1) {
                        tokens.put(role, names.get(0));
                    }
                });
        return tokens;
    }

    /**
     * Returns the names of tokens: of a string, an object with the string as its content, a list of
     * these, or an object of roles. Truth values, as of {@code add_bos_token}, name none.
     */
    private static List<String> names(JsonElement tokens) {
        if (tokens instanceof JsonArray list) {
            return list.asList().stream().flatMap(token -> names(token).stream()).toList();
        }
        if (tokens instanceof JsonObject object) {
            return object.has("content")
                    ? names(object.get("content"))
                    : object.asMap().values().stream()
                            .flatMap(token -> names(token).stream())
                            .toList();
        }
        return tokens instanceof JsonPrimitive name && name.isString()
                ? List.of(name.getAsString())
                : List.of();
    }
}
