package io.github.lapidary.text;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.github.lapidary.file.MalformedFileException;
import io.github.lapidary.file.StagedFiles;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A file with the messages of a conversation: a JSON object whose member {@code messages} lists
 * them as OpenAI's interface does.
 */
public final class MessageFile {

    private static final String MESSAGES = "messages";
    private static final Gson GSON =
            new GsonBuilder().serializeNulls().disableHtmlEscaping().setPrettyPrinting().create();

    private MessageFile() {}

    /**
     * Reads the messages.
     *
     * @throws MalformedFileException if the file is not such a file; the message names the place
     */
    public static List<Message> read(Path file) throws IOException {
        return messages(file, Json.read(file, Json::element));
    }

    /**
     * Reads the messages from a text that {@link #text} has made.
     *
     * @param file what holds the text, to be named in errors
     * @throws MalformedFileException if the text is none of such; the message names the place
     */
    public static List<Message> parse(Path file, String text) throws IOException {
        return messages(file, Json.read(file, new StringReader(text), Json::element));
    }

    private static List<Message> messages(Path file, JsonElement root)
            throws MalformedFileException {
        if (!(root instanceof JsonObject object)
                || !(object.get(MESSAGES) instanceof JsonArray list)) {
            throw new MalformedFileException(
                    file, "expected an object with a list \"" + MESSAGES + "\".");
        }
        List<Message> messages = new ArrayList<>();
        for (JsonElement element : list) {
            messages.add(message(file, messages.size(), element));
        }
        return List.copyOf(messages);
    }

    private static Message message(Path file, int index, JsonElement element)
            throws MalformedFileException {
        String place = MESSAGES + "[" + index + "]: ";
        if (!(element instanceof JsonObject fields)) {
            throw new MalformedFileException(file, place + "expected an object.");
        }
        try {
            return Message.of(fields);
        } catch (IllegalArgumentException e) {
            throw new MalformedFileException(file, place + e.getMessage(), e);
        }
    }

    /** Writes the messages, in place of what the file held; it never holds a part of them. */
    public static void write(Path file, List<Message> messages) throws IOException {
        StagedFiles.replace(file, text(messages));
    }

    /** Returns what {@link #write} writes. */
    public static String text(List<Message> messages) {
        JsonArray list = new JsonArray(messages.size());
        messages.forEach(message -> list.add(message.fields()));
        JsonObject object = new JsonObject();
        object.add(MESSAGES, list);
        return GSON.toJson(object) + "\n";
    }
}
