package io.github.lapidary.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MessageTest {

    private static JsonObject object(String json) {
        return JsonParser.parseString(json).getAsJsonObject();
    }

    @Test
    void messagesAreWhatTheirFieldsAre() {
        Message user = Message.user("a");

        assertEquals(Message.of(object("{'content': 'a', 'role': 'user'}")), user);
        assertNotEquals(Message.assistant("a"), user);
        assertEquals("system", Message.system("a").role());
        assertEquals("a", user.text());
        assertEquals(
                "ab",
                Message.of(
                                object(
                                        "{'role': 'user', 'content': [{'type': 'text', 'text': 'a'},"
                                                + " {'type': 'image'}, {'type': 'text', 'text':"
                                                + " 'b'}]}"))
                        .text());
        assertEquals("", Message.of(object("{'role': 'assistant', 'tool_calls': []}")).text());
    }

    @Test
    void nothingChangesAMessageOrPrompt() {
        JsonObject fields = object("{'role': 'user', 'content': [{'type': 'text', 'text': 'a'}]}");
        Message message = Message.of(fields);
        List<Message> messages = new ArrayList<>(List.of(message));
        JsonObject tool = object("{'a': 1}");
        Map<String, JsonElement> variables = new HashMap<>(Map.of("v", tool));
        ChatPrompt prompt =
                ChatPrompt.of(messages).withTools(List.of(tool)).withVariables(variables);

        fields.getAsJsonArray("content").get(0).getAsJsonObject().addProperty("text", "b");
        message.fields().addProperty("role", "c");
        messages.clear();
        tool.addProperty("a", 2);
        prompt.tools().get(0).addProperty("a", 3);
        prompt.variables().get("v").getAsJsonObject().addProperty("a", 4);
        variables.put("w", new JsonPrimitive(5));

        assertEquals(
                object("{'role': 'user', 'content': [{'type': 'text', 'text': 'a'}]}"),
                message.fields());
        assertEquals(List.of(message), prompt.messages());
        assertEquals(List.of(object("{'a': 1}")), prompt.tools());
        assertEquals(Map.of("v", object("{'a': 1}")), prompt.variables());
    }

    @Test
    void fieldsThatAreNullMatterIfTheyAreKnown() {
        Message called =
                Message.of(
                        object(
                                "{'role': 'assistant', 'content': null, 'tool_calls': [],"
                                        + " 'refusal': null}"));
        assertEquals(
                object("{'role': 'assistant', 'content': null, 'tool_calls': []}"),
                called.fields());
        JsonObject empty = object("{'role': 'user', 'content': null}");
        assertThrows(IllegalArgumentException.class, () -> Message.of(empty));
        JsonObject refused = object("{'role': 'user', 'content': 'a', 'refusal': 'b'}");
        assertThrows(IllegalArgumentException.class, () -> Message.of(refused));
    }

    @Test
    void emptyConversationIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> ChatPrompt.of(List.of()));
    }
}
