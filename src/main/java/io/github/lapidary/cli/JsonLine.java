package io.github.lapidary.cli;

import com.google.gson.FormattingStyle;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.github.lapidary.generation.GeneratedToken;
import io.github.lapidary.generation.GenerationResult;
import io.github.lapidary.generation.LogProbabilities;
import java.util.Collection;
import java.util.List;

/** One result as a JSON object on a line of its own. */
final class JsonLine {

    private static final Gson GSON =
            new GsonBuilder()
                    .serializeNulls()
                    .disableHtmlEscaping()
                    .setFormattingStyle(FormattingStyle.COMPACT.withSpaceAfterSeparators(true))
                    .create();

    private JsonLine() {}

    /** Returns the object as text, with the line's end. */
    static String of(JsonObject object) {
        return GSON.toJson(object) + "\n";
    }

    /** Returns a list of ids. */
    static JsonArray ids(int[] ids) {
        JsonArray array = new JsonArray(ids.length);
        for (int id : ids) {
            array.add(id);
        }
        return array;
    }

    /** Returns a list of elements. */
    static JsonArray list(Collection<? extends JsonElement> elements) {
        JsonArray array = new JsonArray(elements.size());
        elements.forEach(array::add);
        return array;
    }

    /** Returns a number; JSON has no name for one that is not finite, so that becomes null. */
    static JsonElement number(double value) {
        return Double.isFinite(value) ? new JsonPrimitive(value) : JsonNull.INSTANCE;
    }

    /** Returns the likeliest tokens as pairs of id and log-probability. */
    static JsonArray top(LogProbabilities token) {
        return list(
                token.top().stream()
                        .map(
                                entry -> {
                                    JsonElement id = new JsonPrimitive(entry.id());
                                    return list(List.of(id, number(entry.logProbability())));
                                })
                        .toList());
    }

    /** Returns what a generation came to, but for log-probabilities. */
    static JsonObject result(GenerationResult result) {
        JsonObject line = new JsonObject();
        line.add("ids", ids(result.ids()));
        line.addProperty("text", result.text());
        line.addProperty("finish_reason", result.finishReason().wireName());
        line.addProperty("prompt_tokens", result.promptTokens());
        line.addProperty("completion_tokens", result.completionTokens());
        line.addProperty("prefill_seconds", result.prefillSeconds());
        line.addProperty("decode_seconds", result.decodeSeconds());
        return line;
    }

    /** Returns how likely each token of a generation was. */
    static JsonArray logprobs(GenerationResult result) {
        return list(result.tokens().stream().map(JsonLine::logprobs).toList());
    }

    private static JsonObject logprobs(GeneratedToken token) {
        LogProbabilities logProbabilities = token.logProbabilities().orElseThrow();
        JsonObject object = new JsonObject();
        object.add("logprob", number(logProbabilities.chosen()));
        object.add("top", top(logProbabilities));
        return object;
    }
}
