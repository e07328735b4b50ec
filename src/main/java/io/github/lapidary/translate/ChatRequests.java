package io.github.lapidary.translate;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.generation.GenerationOptions;
import io.github.lapidary.generation.GenerationRequest;
import io.github.lapidary.text.ChatPrompt;
import io.github.lapidary.text.Message;
import io.github.lapidary.text.TemplateException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Reads requests that hold messages, in the form of OpenAI's chat completions.
 *
 * <p>Options that are not set are as the model's makers would generate.
 */
final class ChatRequests {

    private static final JsonElement TEXT = new JsonPrimitive("text");

    private final LanguageModel model;
    private final ServingLimits limits;

    ChatRequests(LanguageModel model, ServingLimits limits) {
        this.model = model;
        this.limits = limits;
    }

    ServedRequest read(JsonObject body) throws RequestException {
        Fields fields = new Fields("", body);
        ChatPrompt prompt = prompt(fields);
        boolean streams = fields.isTrue("stream");
        JsonObject none = new JsonObject();
        Fields streamOptions =
                new Fields("stream_options", fields.object("stream_options").orElse(none));
        boolean usage = streamOptions.isTrue("include_usage");
        streamOptions.refuseOthers();
        GenerationOptions options = options(fields);
        String name = fields.text("model").orElse("lapidary");
        fields.text("user");
        fields.refuseOthers();
        ChatAnswer answer = new ChatAnswer(model.tokenizer(), name, usage);
        GenerationRequest request = rendered(new ChatRequest(prompt, options));
        return new ServedRequest(List.of(request.prompt()), request.options(), streams, answer);
    }

    private GenerationRequest rendered(ChatRequest request) throws RequestException {
        try {
            return Prompts.of(model, request);
        } catch (TemplateException | IllegalArgumentException e) {
            throw RequestException.badRequest("messages: %s".formatted(e.getMessage()));
        }
    }

    private static ChatPrompt prompt(Fields fields) throws RequestException {
        List<Message> messages = new ArrayList<>();
        for (JsonElement element : fields.list("messages").orElseThrow()) {
            if (!element.isJsonObject()) {
                throw fields.problem("messages", "objects", element);
            }
            messages.add(message(messages.size(), element.getAsJsonObject()));
        }
        if (messages.isEmpty()) {
            throw RequestException.badRequest("messages: expected at least one, found none.");
        }
        Map<String, JsonElement> variables = new TreeMap<>();
        fields.object("chat_template_kwargs")
                .ifPresent(object -> object.asMap().forEach(variables::put));
        ChatPrompt prompt = ChatPrompt.of(messages).withTools(tools(fields));
        try {
            return prompt.withVariables(variables);
        } catch (IllegalArgumentException e) {
            throw RequestException.badRequest("chat_template_kwargs: " + e.getMessage());
        }
    }

    private static Message message(int index, JsonObject object) throws RequestException {
        if (object.get("content") instanceof JsonArray parts) {
            for (JsonElement part : parts) {
                checkText(index, part);
            }
        }
        try {
            return Message.of(object);
        } catch (IllegalArgumentException e) {
            throw RequestException.badRequest("messages[%d]: %s".formatted(index, e.getMessage()));
        }
    }

    /** A template would pass over a picture, and the model answer as if it had seen it. */
    private static void checkText(int index, JsonElement part) throws RequestException {
        JsonElement type = part instanceof JsonObject object ? object.get("type") : part;
        if (!TEXT.equals(type)) {
            throw RequestException.badRequest(
                    "messages[%d].content: expected parts of the type text, found %s."
                            .formatted(index, Fields.shortened(String.valueOf(type))));
        }
    }

    private static List<JsonObject> tools(Fields fields) throws RequestException {
        List<JsonObject> tools = new ArrayList<>();
        for (JsonElement tool : fields.list("tools").orElse(new JsonArray())) {
            if (!tool.isJsonObject()) {
                throw fields.problem("tools", "objects", tool);
            }
            tools.add(tool.getAsJsonObject());
        }
        Optional<JsonElement> choice = fields.element("tool_choice");
        if (choice.isEmpty() || choice.get().toString().equals("\"auto\"")) {
            return tools;
        }
        if (choice.get().toString().equals("\"none\"")) {
            return List.of();
        }
        throw fields.problem("tool_choice", "auto or none", choice.get());
    }

    private GenerationOptions options(Fields fields) throws RequestException {
        OptionFields options = new OptionFields(fields, limits, model.replyOptions());
        options.putCommon();
        options.putStopStrings("stop");
        Optional<Integer> newer = fields.integer("max_completion_tokens");
        Optional<Integer> older = fields.integer("max_tokens");
        String name = newer.isPresent() ? "max_completion_tokens" : "max_tokens";
        options.putMaxNewTokens(
                name, newer.or(() -> older), model.replyOptions().build().maxNewTokens());
        options.put("ignore_eos", fields.truth("ignore_eos"), GenerationOptions.Builder::ignoreEos);
        Optional<Integer> top = fields.integer("top_logprobs");
        if (fields.isTrue("logprobs")) {
            options.put(
                    "top_logprobs",
                    Optional.of(top.orElse(0)),
                    GenerationOptions.Builder::topLogprobs);
        } else if (top.isPresent()) {
            throw RequestException.badRequest("top_logprobs needs logprobs to be true.");
        }
        Optional<JsonElement> format = fields.element("response_format");
        if (format.isPresent() && !format.get().toString().equals("{\"type\":\"text\"}")) {
            throw fields.problem("response_format", "{\"type\":\"text\"}", format.get());
        }
        return options.builder().build();
    }
}
