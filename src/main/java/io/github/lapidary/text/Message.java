package io.github.lapidary.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * One message of a conversation: who speaks, what is said, and whatever else chat templates read.
 *
 * <p>It is immutable, and equal to one with the same fields.
 */
public final class Message {

    private static final Set<String> FIELDS =
            Set.of(
                    "role",
                    "content",
                    "name",
                    "tool_calls",
                    "tool_call_id",
                    "tool_responses",
                    "reasoning_content",
                    "reasoning",
                    "thinking");

    private final JsonObject fields;

    private Message(JsonObject fields) {
        this.fields = fields;
    }

    /** Returns a message that tells the model how to behave. */
    public static Message system(String text) {
        return of("system", text);
    }

    /** Returns a message to the model. */
    public static Message user(String text) {
        return of("user", text);
    }

    /** Returns a message of the model. */
    public static Message assistant(String text) {
        return of("assistant", text);
    }

    private static Message of(String role, String text) {
        JsonObject fields = new JsonObject();
        fields.addProperty("role", role);
        fields.add("content", new JsonPrimitive(text));
        return new Message(fields);
    }

    /**
     * Returns the message with these fields, as in OpenAI's interface.
     *
     * <p>The role is a string. The content is a string or a list of parts such as {@code {"type":
     * "text", "text": "…"}}; what else it may be is the template's affair. The other fields are
     * {@code name}, {@code tool_calls}, {@code tool_call_id}, {@code tool_responses}, {@code
     * reasoning_content}, {@code reasoning} and {@code thinking}. Another field is passed over if
     * it is null.
     *
     * @throws IllegalArgumentException if there is no role, neither content nor calls of tools, or
     *     a field that is not known
     */
    public static Message of(JsonObject fields) {
        JsonObject known = fields.deepCopy();
        known.entrySet()
                .removeIf(
                        field -> field.getValue().isJsonNull() && !FIELDS.contains(field.getKey()));
        Set<String> unknown = new TreeSet<>(known.keySet());
        unknown.removeAll(FIELDS);
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException(
                    "A message has the unknown field %s; known are %s."
                            .formatted(
                                    String.join(", ", unknown),
                                    FIELDS.stream().sorted().collect(Collectors.joining(", "))));
        }
        if (!(known.get("role") instanceof JsonPrimitive role && role.isString())) {
            throw new IllegalArgumentException(
                    "The role of a message is %s; expected a string."
                            .formatted(known.has("role") ? known.get("role") : "missing"));
        }
        if (!isThere(known, "content") && !isThere(known, "tool_calls")) {
            throw new IllegalArgumentException(
                    "A message of the role %s has no content.".formatted(role.getAsString()));
        }
        return new Message(known);
    }

    private static boolean isThere(JsonObject fields, String name) {
        return fields.has(name) && !fields.get(name).isJsonNull();
    }

    /** Returns who speaks: {@code system}, {@code user}, {@code assistant}, or another. */
    public String role() {
        return fields.get("role").getAsString();
    }

    /** Returns what is said: the content, or its parts of text one after another. */
    public String text() {
        JsonElement content = fields.get("content");
        if (content instanceof JsonArray parts) {
            return parts.asList().stream().map(Message::text).collect(Collectors.joining());
        }
        return string(content);
    }

    private static String text(JsonElement part) {
        return part instanceof JsonObject object ? string(object.get("text")) : "";
    }

    private static String string(JsonElement element) {
        return element instanceof JsonPrimitive text && text.isString() ? text.getAsString() : "";
    }

    /** Returns all fields, as a copy. */
    public JsonObject fields() {
        return fields.deepCopy();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Message message && fields.equals(message.fields);
    }

    @Override
    public int hashCode() {
        return fields.hashCode();
    }

    /** Returns the fields as JSON. */
    @Override
    public String toString() {
        return fields.toString();
    }
}
