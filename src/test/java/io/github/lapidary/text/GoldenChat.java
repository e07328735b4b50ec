package io.github.lapidary.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.annotations.SerializedName;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;

/** A conversation with what Hugging Face's {@code apply_chat_template} makes of it. */
record GoldenChat(
        String name,
        List<JsonObject> messages,
        @SerializedName("add_generation_prompt") boolean addGenerationPrompt,
        String text,
        List<Integer> ids,
        String error) {

    static List<GoldenChat> read(String file) throws IOException {
        try (Reader reader = Files.newBufferedReader(GoldenText.GOLDEN.resolve(file))) {
            List<GoldenChat> chats = List.of(new Gson().fromJson(reader, GoldenChat[].class));
            assertEquals(30, chats.size());
            return chats;
        }
    }

    ChatPrompt prompt() {
        return ChatPrompt.of(messages.stream().map(Message::of).toList())
                .withGenerationPrompt(addGenerationPrompt);
    }

    /** Checks all that the reference says of this conversation. */
    void check(ChatFormat format) throws TemplateException {
        if (error != null) {
            TemplateRefusalException refusal =
                    assertThrows(TemplateRefusalException.class, () -> format.render(prompt()));
            assertEquals(error, refusal.getMessage());
            return;
        }
        RenderedPrompt trusted = format.render(prompt(), true);
        assertEquals(text, trusted.text(), name);
        assertEquals(ids, list(trusted.ids()), name);
        RenderedPrompt rendered = format.render(prompt());
        assertEquals(text, rendered.text(), name);
        assertEquals(name.equals("unicode_and_control"), !ids.equals(list(rendered.ids())));
    }

    private static List<Integer> list(int[] ids) {
        return Arrays.stream(ids).boxed().toList();
    }
}
