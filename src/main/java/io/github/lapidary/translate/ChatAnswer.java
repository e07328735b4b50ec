package io.github.lapidary.translate;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.github.lapidary.generation.FinishReason;
import io.github.lapidary.generation.GeneratedToken;
import io.github.lapidary.generation.GenerationResult;
import io.github.lapidary.generation.LogProbabilities;
import io.github.lapidary.text.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Writes answers in the form of OpenAI's chat completions. */
final class ChatAnswer implements ServedRequest.AnswerForm {

    private final Tokenizer tokenizer;
    private final String modelName;
    private final boolean usage;
    private final String id = "chatcmpl-" + UUID.randomUUID();
    private final long created = Instant.now().getEpochSecond();
    private boolean begun;
    private int streamed;

    /**
     * Begins an answer.
     *
     * @param modelName the name by which the client asked
     * @param usage whether a stream ends with the numbers of tokens
     */
    ChatAnswer(Tokenizer tokenizer, String modelName, boolean usage) {
        this.tokenizer = tokenizer;
        this.modelName = modelName;
        this.usage = usage;
    }

    @Override
    public JsonElement whole(List<GenerationResult> results) {
        GenerationResult result = results.get(0);
        JsonObject message = new JsonObject();
        message.addProperty("role", "assistant");
        message.addProperty("content", result.text());
        JsonObject choice = choice("message", message, logProbabilities(result.tokens()));
        choice.addProperty("finish_reason", reason(result));
        JsonObject answer = answer("chat.completion", choice);
        answer.add("usage", usage(result));
        return answer;
    }

    private JsonObject answer(String object, JsonObject... choices) {
        JsonObject answer = new JsonObject();
        answer.addProperty("id", id);
        answer.addProperty("object", object);
        answer.addProperty("created", created);
        answer.addProperty("model", modelName);
        answer.add("choices", Json.array(List.of(choices)));
        return answer;
    }

    private static JsonObject choice(
            String name, JsonObject content, JsonElement logProbabilities) {
        JsonObject choice = new JsonObject();
        choice.addProperty("index", 0);
        choice.add(name, content);
        choice.add("logprobs", logProbabilities);
        choice.add("finish_reason", JsonNull.INSTANCE);
        return choice;
    }

    private static String reason(GenerationResult result) {
        return result.finishReason() == FinishReason.STOP ? "stop" : "length";
    }

    private static JsonObject usage(GenerationResult result) {
        JsonObject usage = new JsonObject();
        usage.addProperty("prompt_tokens", result.promptTokens());
        usage.addProperty("completion_tokens", result.completionTokens());
        usage.addProperty("total_tokens", result.promptTokens() + result.completionTokens());
        return usage;
    }

    private JsonElement logProbabilities(List<GeneratedToken> tokens) {
        if (tokens.stream().noneMatch(token -> token.logProbabilities().isPresent())) {
            return JsonNull.INSTANCE;
        }
        List<JsonObject> content = new ArrayList<>();
        for (GeneratedToken token : tokens) {
            LogProbabilities numbers = token.logProbabilities().orElseThrow();
            JsonObject object = logProbability(token.id(), numbers.chosen());
            JsonArray top =
                    Json.array(
                            numbers.top().stream()
                                    .map(e -> logProbability(e.id(), e.logProbability()))
                                    .toList());
            object.add("top_logprobs", top);
            content.add(object);
        }
        JsonObject object = new JsonObject();
        object.add("content", Json.array(content));
        return object;
    }

    private JsonObject logProbability(int tokenId, double number) {
        JsonObject object = new JsonObject();
        String text = text(tokenId);
        object.addProperty("token", text);
        object.add("logprob", Json.number(number));
        object.add("bytes", bytes(text));
        return object;
    }

    /** A model may have more tokens than its tokenizer, as padding; they stand for no text. */
    private String text(int tokenId) {
        return tokenizer.streamingDecoder(false).knows(tokenId)
                ? tokenizer.decode(new int[] {tokenId}, false)
                : "";
    }

    /** A token that is a part of a character has no text that its bytes could be taken from. */
    private static JsonElement bytes(String text) {
        if (text.equals("\uFFFD")) {
            return JsonNull.INSTANCE;
        }
        JsonArray bytes = new JsonArray();
        for (byte value : text.getBytes(StandardCharsets.UTF_8)) {
            bytes.add(value & 0xFF);
        }
        return bytes;
    }

    @Override
    public List<JsonObject> token(GeneratedToken token) {
        streamed += token.text().length();
        if (token.text().isEmpty() && token.logProbabilities().isEmpty()) {
            return List.of();
        }
        return List.of(chunk(token.text(), logProbabilities(List.of(token))));
    }

    private JsonObject chunk(String text, JsonElement logProbabilities) {
        return answer(
                "chat.completion.chunk",
                choice("delta", delta(Optional.of(text)), logProbabilities));
    }

    /** Only the first of a stream says whose text it is. */
    private JsonObject delta(Optional<String> text) {
        JsonObject delta = new JsonObject();
        if (!begun) {
            delta.addProperty("role", "assistant");
        }
        if (!begun || text.isPresent()) {
            delta.addProperty("content", text.orElse(""));
        }
        begun = true;
        return delta;
    }

    @Override
    public List<JsonObject> end(GenerationResult result) {
        List<JsonObject> chunks = new ArrayList<>();
        String rest = result.text().substring(Math.min(streamed, result.text().length()));
        if (!rest.isEmpty()) { // a deadline brought it, and no token
            chunks.add(chunk(rest, JsonNull.INSTANCE));
        }
        chunks.add(last(reason(result)));
        if (usage) {
            JsonObject numbers = answer("chat.completion.chunk");
            numbers.add("usage", usage(result));
            chunks.add(numbers);
        }
        return chunks;
    }

    private JsonObject last(String reason) {
        JsonObject choice = choice("delta", delta(Optional.empty()), JsonNull.INSTANCE);
        choice.addProperty("finish_reason", reason);
        return answer("chat.completion.chunk", choice);
    }

    @Override
    public JsonObject failed(String message) {
        JsonObject last = last("error");
        last.add("error", ErrorBody.ofChat(Status.FAILED, message));
        return last;
    }

    @Override
    public List<String> lastEvent() {
        return List.of("[DONE]");
    }
}
