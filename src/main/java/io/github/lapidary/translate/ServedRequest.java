package io.github.lapidary.translate;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.github.lapidary.generation.GeneratedToken;
import io.github.lapidary.generation.GenerationOptions;
import io.github.lapidary.generation.GenerationResult;
import java.util.List;

/**
 * A request that a server has read and checked.
 *
 * @param prompts the ids of its prompts, one if it is streamed
 * @param options for all of them
 * @param streams whether tokens are sent as they come
 * @param form how the answer is written
 */
record ServedRequest(
        List<int[]> prompts, GenerationOptions options, boolean streams, AnswerForm form) {

    /** Writes the answer to one request; calls come in the order of events. */
    interface AnswerForm {

        /** Returns the whole answer. */
        JsonElement whole(List<GenerationResult> results);

        /** Returns what is sent when a token has come; maybe nothing. */
        List<JsonObject> token(GeneratedToken token);

        /** Returns what is sent at the end of a stream. */
        List<JsonObject> end(GenerationResult result);

        /** Returns what is sent at the end of a stream that failed. */
        JsonObject failed(String message);

        /** Returns what ends a stream of server-sent events, if something does. */
        default List<String> lastEvent() {
            return List.of();
        }
    }
}
