package io.github.lapidary.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.github.lapidary.text.jinja.JinjaException;
import io.github.lapidary.text.jinja.JinjaTemplate;
import io.github.lapidary.text.jinja.Text;
import java.time.Clock;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A template in the language Jinja that turns a conversation into text, as Hugging Face's {@code
 * apply_chat_template} does.
 *
 * <p>Templates come with checkpoints and are not trusted: they reach nothing but the conversation,
 * and their size, depth and work are limited. It may be used from many threads at once.
 */
public final class ChatTemplate {

    /**
     * How templates call what a reasoning model thought, in the order in which it is looked for.
     */
    private static final List<String> REASONING =
            List.of("reasoning_content", "thinking", "reasoning");

    private final String name;
    private final String source;
    private final JinjaTemplate template;

    private ChatTemplate(String name, String source, JinjaTemplate template) {
        this.name = name;
        this.source = source;
        this.template = template;
    }

    /**
     * Reads a template.
     *
     * @param name where it comes from, for messages
     * @param source its text
     * @throws TemplateException if it is not well formed, or uses what the library does not know
     */
    public static ChatTemplate parse(String name, String source) throws TemplateException {
        try {
            return new ChatTemplate(name, source, JinjaTemplate.parse(source));
        } catch (JinjaException e) {
            throw failure(name, e);
        }
    }

    /** Returns where the template comes from. */
    public String name() {
        return name;
    }

    /** Returns the template's text. */
    public String source() {
        return source;
    }

    /**
     * Renders a conversation.
     *
     * @param tokens the names of special tokens by role, such as {@code bos_token}
     */
    Text render(ChatPrompt prompt, Map<String, String> tokens) throws TemplateException {
        try {
            return template.render(tokens, variables(prompt), Clock.system(ZoneId.systemDefault()));
        } catch (JinjaException e) {
            throw failure(name, e);
        }
    }

    private static Map<String, JsonElement> variables(ChatPrompt prompt) {
        JsonArray messages = new JsonArray();
        prompt.messages().forEach(message -> messages.add(withReasoning(message.fields())));
        JsonArray tools = new JsonArray();
        prompt.tools().forEach(tools::add);
        Map<String, JsonElement> variables = new LinkedHashMap<>();
        variables.put("documents", JsonNull.INSTANCE);
        variables.putAll(prompt.variables());
        variables.put("messages", messages);
        variables.put("tools", tools.isEmpty() ? JsonNull.INSTANCE : tools);
        variables.put("add_generation_prompt", new JsonPrimitive(prompt.addGenerationPrompt()));
        return variables;
    }

    /** Gives the thoughts of a message all the names that templates use, as Hugging Face does. */
    private static JsonObject withReasoning(JsonObject message) {
        for (String field : REASONING) {
            JsonElement reasoning = message.get(field);
            if (reasoning != null && !reasoning.isJsonNull()) {
                JsonObject named = new JsonObject();
                named.add("thinking", reasoning);
                message.entrySet().forEach(entry -> named.add(entry.getKey(), entry.getValue()));
                named.add("reasoning_content", reasoning);
                return named;
            }
        }
        return message;
    }

    private static TemplateException failure(String name, JinjaException cause) {
        if (cause.isRefusal()) {
            return new TemplateRefusalException(cause.getMessage(), cause);
        }
        String where = cause.line() > 0 ? "line " + cause.line() + ": " : "";
        return new TemplateException(name + ": " + where + cause.getMessage(), cause);
    }
}
