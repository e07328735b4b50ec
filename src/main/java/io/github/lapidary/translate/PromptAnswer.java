package io.github.lapidary.translate;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.generation.FinishReason;
import io.github.lapidary.generation.GeneratedToken;
import io.github.lapidary.generation.GenerationResult;
import io.github.lapidary.generation.LogProbabilities;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Writes answers in the form of DJL's large model inference: {@code {"generated_text": "…"}}, and
 * streams of {@code {"token": {…}}}.
 */
final class PromptAnswer implements ServedRequest.AnswerForm {

    private final LanguageModel model;
    private final List<String> prompts;
    private final boolean isList;
    private final boolean details;
    private final boolean returnsPrompt;
    private Optional<JsonObject> held = Optional.empty();
    private int streamed;

    /**
     * Begins an answer.
     *
     * @param isList whether the request had a list of prompts, even of one
     * @param details whether details are asked for
     * @param returnsPrompt whether the text begins with the prompt
     */
    PromptAnswer(
            LanguageModel model,
            List<String> prompts,
            boolean isList,
            boolean details,
            boolean returnsPrompt) {
        this.model = model;
        this.prompts = prompts;
        this.isList = isList;
        this.details = details;
        this.returnsPrompt = returnsPrompt;
    }

    @Override
    public JsonElement whole(List<GenerationResult> results) {
        List<JsonObject> answers =
                IntStream.range(0, results.size())
                        .mapToObj(i -> whole(prompts.get(i), results.get(i)))
                        .toList();
        return isList ? Json.array(answers) : answers.get(0);
    }

    private JsonObject whole(String prompt, GenerationResult result) {
        JsonObject answer = new JsonObject();
        answer.addProperty("generated_text", text(prompt, result));
        if (details) {
            JsonObject more = details(prompt, result);
            more.add(
                    "tokens",
                    Json.array(result.tokens().stream().map(PromptAnswer::json).toList()));
            answer.add("details", more);
        }
        return answer;
    }

    private String text(String prompt, GenerationResult result) {
        return returnsPrompt ? prompt + result.text() : result.text();
    }

    private JsonObject details(String prompt, GenerationResult result) {
        JsonObject object = new JsonObject();
        object.addProperty("finish_reason", reason(result));
        object.addProperty("generated_tokens", result.completionTokens());
        object.addProperty("inputs", prompt);
        return object;
    }

    private String reason(GenerationResult result) {
        if (result.finishReason() != FinishReason.STOP) {
            return "length"; // clients know no deadline
        }
        int last = result.tokens().get(result.completionTokens() - 1).id();
        boolean isEnd = model.config().specialTokens().eosTokenIds().contains(last);
        return isEnd ? "eos_token" : "stop_sequence";
    }

    private static JsonObject json(GeneratedToken token) {
        JsonObject object = new JsonObject();
        object.addProperty("id", token.id());
        object.addProperty("text", token.text());
        Optional<Double> chosen = token.logProbabilities().map(LogProbabilities::chosen);
        object.add("log_prob", chosen.map(Json::number).orElse(JsonNull.INSTANCE));
        return object;
    }

    /** Holds each token back until the next, since the line of the last says more. */
    @Override
    public List<JsonObject> token(GeneratedToken token) {
        List<JsonObject> lines = new ArrayList<>();
        held.ifPresent(lines::add);
        held = Optional.of(line(json(token)));
        streamed += token.text().length();
        return lines;
    }

    @Override
    public List<JsonObject> end(GenerationResult result) {
        List<JsonObject> lines = new ArrayList<>();
        String rest = result.text().substring(Math.min(streamed, result.text().length()));
        if (!rest.isEmpty() || held.isEmpty()) { // a deadline brought it, and no token
            held.ifPresent(lines::add);
            held = Optional.of(line(noToken(rest)));
        }
        JsonObject last = held.get();
        last.addProperty("generated_text", text(prompts.get(0), result));
        last.add("details", details(prompts.get(0), result));
        lines.add(last);
        return lines;
    }

    @Override
    public JsonObject failed(String message) {
        JsonObject failure = new JsonObject();
        failure.addProperty("finish_reason", "error");
        failure.add("generated_tokens", JsonNull.INSTANCE);
        failure.add("inputs", JsonNull.INSTANCE);
        JsonObject last = line(noToken(""));
        last.addProperty("generated_text", "");
        last.add("details", failure);
        last.addProperty("error", message);
        return last;
    }

    private static JsonObject line(JsonObject token) {
        JsonObject line = new JsonObject();
        line.add("token", token);
        return line;
    }

    private static JsonObject noToken(String text) {
        JsonObject token = new JsonObject();
        token.addProperty("id", -1);
        token.addProperty("text", text);
        token.addProperty("log_prob", -1);
        token.addProperty("special_token", true);
        return token;
    }
}
