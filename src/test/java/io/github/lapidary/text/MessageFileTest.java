package io.github.lapidary.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import io.github.lapidary.file.MalformedFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MessageFileTest {

    @TempDir private Path folder;

    private static Message message(String json) {
        return Message.of(JsonParser.parseString(json).getAsJsonObject());
    }

    @Test
    void whatIsWrittenIsReadAgain() throws IOException {
        Path file = folder.resolve("chat.json");
        List<Message> messages =
                List.of(
                        Message.system("Be <brief> & \"kind\"."),
                        Message.user("fünf 🍎\n\u0000"),
                        message(
                                "{\"role\": \"assistant\", \"content\": null, \"tool_calls\":"
                                        + " [{\"function\": {\"name\": \"f\", \"arguments\": {}}}]}"));

        MessageFile.write(file, List.of(Message.user("older")));
        MessageFile.write(file, messages);

        assertEquals(messages, MessageFile.read(file));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(file), files.toList());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    [] | expected an object with a list "messages".
                    {"messages": 3} | expected an object with a list "messages".
                    {"messages": ["hello"]} | messages[0]: expected an object.
                    {"messages": [{"role": "user", "content": "a"}, {"role": "user", "text": "b"}]} | messages[1]: A message has the unknown field text
                    {"messages": [{"content": "a"}]} | messages[0]: The role of a message is missing
                    {"messages": [] | it is not the JSON expected
                    {"messages": []} more | it is not the JSON expected
                    """)
    void whatIsNoSuchFileIsRefused(String text, String problem) throws IOException {
        Path file = Files.writeString(folder.resolve("chat.json"), text);

        MalformedFileException refused =
                assertThrows(MalformedFileException.class, () -> MessageFile.read(file));

        assertTrue(refused.getMessage().startsWith(file + ": " + problem), refused::getMessage);
    }

    @Test
    void deepNestingIsRefused() throws IOException {
        String deep = "[".repeat(100_000) + "]".repeat(100_000);
        String text = "{\"messages\": [{\"role\": \"user\", \"content\": " + deep + "}]}";
        Path file = Files.writeString(folder.resolve("chat.json"), text);

        assertThrows(MalformedFileException.class, () -> MessageFile.read(file));
    }

    @Test
    void aFolderThatDoesNotExistIsNamed() {
        Path file = folder.resolve("none").resolve("chat.json");

        IOException refused =
                assertThrows(IOException.class, () -> MessageFile.write(file, List.of()));

        assertEquals(
                file + " could not be written: its folder does not exist.", refused.getMessage());
    }
}
