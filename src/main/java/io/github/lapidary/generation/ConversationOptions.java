package io.github.lapidary.generation;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How a {@link Conversation} is held.
 *
 * @param system tells the model how to behave, where its chat template knows such a message
 * @param generation how replies are generated unless a turn says otherwise
 * @param trusted whether control tokens inside messages take effect; else they stay text, so that
 *     no message can forge a turn
 * @param tools what the model may call, as JSON schemas of functions
 * @param variables what else the chat template may read, by name
 */
public record ConversationOptions(
        Optional<String> system,
        GenerationOptions generation,
        boolean trusted,
        List<JsonObject> tools,
        Map<String, JsonElement> variables) {

    /** Makes the collections immutable. */
    public ConversationOptions {
        tools = List.copyOf(tools);
        variables = Map.copyOf(variables);
    }

    /** Returns options without anything but how replies are generated. */
    public static ConversationOptions of(GenerationOptions generation) {
        return new ConversationOptions(Optional.empty(), generation, false, List.of(), Map.of());
    }

    /** Returns these options with a system prompt. */
    public ConversationOptions withSystem(String text) {
        return new ConversationOptions(Optional.of(text), generation, trusted, tools, variables);
    }

    /** Returns these options with messages whose control tokens take effect, or not. */
    public ConversationOptions withTrusted(boolean messagesAreTrusted) {
        return new ConversationOptions(system, generation, messagesAreTrusted, tools, variables);
    }

    /** Returns these options with tools. */
    public ConversationOptions withTools(List<JsonObject> newTools) {
        return new ConversationOptions(system, generation, trusted, newTools, variables);
    }

    /** Returns these options with variables for the chat template. */
    public ConversationOptions withVariables(Map<String, JsonElement> newVariables) {
        return new ConversationOptions(system, generation, trusted, tools, newVariables);
    }
}
