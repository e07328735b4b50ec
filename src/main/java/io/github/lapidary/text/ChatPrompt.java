package io.github.lapidary.text;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A conversation to be put before a model.
 *
 * @param messages the messages, oldest first, at least one
 * @param addGenerationPrompt whether the model's turn is opened at the end, so that it answers
 * @param tools what the model may call, as JSON schemas of functions; none by default
 * @param variables what else the template may read, by name
 */
public record ChatPrompt(
        List<Message> messages,
        boolean addGenerationPrompt,
        List<JsonObject> tools,
        Map<String, JsonElement> variables) {

    /**
     * Copies everything.
     *
     * @throws IllegalArgumentException if there is no message, or a variable has the name of what
     *     has a place of its own
     */
    public ChatPrompt {
        if (messages.isEmpty()) {
            throw new IllegalArgumentException("A conversation has at least one message.");
        }
        for (String name : List.of("messages", "tools", "add_generation_prompt")) {
            if (variables.containsKey(name)) {
                throw new IllegalArgumentException(
                        "A variable of a chat template has the name " + name + ".");
            }
        }
        messages = List.copyOf(messages);
        tools = copy(tools);
        variables = copy(variables);
    }

    /** Returns a conversation that the model is to answer. */
    public static ChatPrompt of(Message... messages) {
        return of(List.of(messages));
    }

    /** Returns a conversation that the model is to answer. */
    public static ChatPrompt of(List<Message> messages) {
        return new ChatPrompt(messages, true, List.of(), Map.of());
    }

    /** Returns this conversation, with the model's turn opened at its end or not. */
    public ChatPrompt withGenerationPrompt(boolean added) {
        return new ChatPrompt(messages, added, tools, variables);
    }

    /** Returns this conversation with tools. */
    public ChatPrompt withTools(List<JsonObject> newTools) {
        return new ChatPrompt(messages, addGenerationPrompt, newTools, variables);
    }

    /** Returns this conversation with variables for the template. */
    public ChatPrompt withVariables(Map<String, JsonElement> newVariables) {
        return new ChatPrompt(messages, addGenerationPrompt, tools, newVariables);
    }

    /** Returns the tools, as copies. */
    @Override
    public List<JsonObject> tools() {
        return copy(tools);
    }

    /** Returns the variables, as copies. */
    @Override
    public Map<String, JsonElement> variables() {
        return copy(variables);
    }

    private static List<JsonObject> copy(List<JsonObject> tools) {
        return tools.stream().map(JsonObject::deepCopy).toList();
    }

    private static Map<String, JsonElement> copy(Map<String, JsonElement> variables) {
        Map<String, JsonElement> copy = new TreeMap<>();
        variables.forEach((name, value) -> copy.put(name, value.deepCopy()));
        return copy;
    }
}
