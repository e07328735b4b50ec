package io.github.lapidary.translate;

import ai.djl.modality.Input;
import ai.djl.modality.Output;
import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** How the parts of a stream are put on the wire. */
enum Wire {
    JSON_LINES("application/jsonlines", "%s\n"),
    EVENTS("text/event-stream", "data: %s\n\n");

    private final String contentType;
    private final String format;

    Wire(String contentType, String format) {
        this.contentType = contentType;
        this.format = format;
    }

    /**
     * Returns what a client asked for. OpenAI's libraries accept JSON alone, and read events all
     * the same.
     */
    static Wire of(Input input, boolean isChat) {
        List<String> accepted =
                Arrays.stream(input.getProperty("Accept", "").toLowerCase(Locale.ROOT).split(","))
                        .map(type -> type.split(";", 2)[0].strip())
                        .toList();
        boolean asOpenAi = isChat && accepted.contains("application/json");
        return accepted.contains(EVENTS.contentType)
                        || (asOpenAi && !accepted.contains(JSON_LINES.contentType))
                ? EVENTS
                : JSON_LINES;
    }

    /** Sets the headers of an answer. */
    void describe(Output output) {
        output.addProperty("Content-Type", contentType);
        if (this == EVENTS) {
            output.addProperty("Cache-Control", "no-cache");
        }
    }

    byte[] bytes(List<JsonObject> parts) {
        return join(parts.stream().map(Json::text).toList());
    }

    /** Returns the last parts of an answer. */
    byte[] lastBytes(List<JsonObject> parts, ServedRequest.AnswerForm form) {
        List<String> texts = new ArrayList<>(parts.stream().map(Json::text).toList());
        if (this == EVENTS) {
            texts.addAll(form.lastEvent());
        }
        return join(texts);
    }

    private byte[] join(List<String> texts) {
        return texts.stream()
                .map(format::formatted)
                .collect(Collectors.joining())
                .getBytes(StandardCharsets.UTF_8);
    }
}
