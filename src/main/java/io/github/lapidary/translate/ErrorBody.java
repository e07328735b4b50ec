package io.github.lapidary.translate;

import ai.djl.modality.Output;
import com.google.gson.JsonObject;

/** Writes errors in the two forms that clients know. */
final class ErrorBody {

    private ErrorBody() {}

    /** Returns what goes to the client. */
    static Output output(boolean isChat, Status status, String message) {
        Output output = new Output();
        put(output, status);
        output.add(Json.bytes(body(isChat, status, message)));
        return output;
    }

    /** Makes an output, whose content is not yet sent, that of a failure. */
    static void put(Output output, Status status) {
        output.setCode(status.code());
        output.setMessage(status.phrase());
        output.addProperty("Content-Type", "application/json");
        if (status == Status.TOO_MANY) {
            output.addProperty("Retry-After", "1");
        }
    }

    /** Returns OpenAI's form for chats, and LMI's for prompts. */
    static JsonObject body(boolean isChat, Status status, String message) {
        JsonObject body = new JsonObject();
        if (isChat) {
            body.add("error", ofChat(status, message));
        } else {
            body.addProperty("error", message);
            body.addProperty("code", status.code());
        }
        return body;
    }

    static JsonObject ofChat(Status status, String message) {
        JsonObject error = new JsonObject();
        error.addProperty("message", message);
        error.addProperty("type", status.type());
        error.addProperty("code", status.code());
        return error;
    }
}
