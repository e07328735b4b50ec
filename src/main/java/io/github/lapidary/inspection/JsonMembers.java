package io.github.lapidary.inspection;

import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.stream.JsonReader;
import io.github.lapidary.file.MalformedFileException;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A few members of a JSON file as they are stated, whatever the readers make of them.
 *
 * <p>Only files that have been read with checks before are read here.
 */
final class JsonMembers {

    private final Map<String, JsonElement> members = new HashMap<>();

    private JsonMembers() {}

    /** Reads the members of these names; a missing file has none. */
    static JsonMembers read(Path file, Set<String> names) throws IOException {
        JsonMembers read = new JsonMembers();
        if (!Files.isRegularFile(file)) {
            return read;
        }
        try (Reader text = Files.newBufferedReader(file);
                JsonReader json = new JsonReader(text)) {
            json.beginObject();
            while (json.hasNext()) {
                String name = json.nextName();
                if (names.contains(name)) {
                    read.members.put(name, JsonParser.parseReader(json));
                } else {
                    json.skipValue();
                }
            }
        } catch (IllegalStateException | JsonParseException e) {
            throw new MalformedFileException(file, "not the JSON that is expected.", e);
        }
        return read;
    }

    /** Returns a member that is a string; of an object, its content. */
    Optional<String> text(String name) {
        JsonElement member = members.get(name);
        if (member != null && member.isJsonObject()) {
            member = member.getAsJsonObject().get("content");
        }
        return member instanceof JsonPrimitive text && text.isString()
                ? Optional.of(text.getAsString())
                : Optional.empty();
    }

    /** Returns the elements of a list, or the one that stands there alone; empty if absent. */
    List<String> list(String name) {
        JsonElement member = members.get(name);
        if (member == null || member.isJsonNull()) {
            return List.of();
        }
        List<JsonElement> list =
                member.isJsonArray() ? member.getAsJsonArray().asList() : List.of(member);
        return list.stream().map(JsonElement::toString).toList();
    }
}
