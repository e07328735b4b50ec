package io.github.lapidary.inspection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConversationSignTest {

    @ParameterizedTest
    @CsvSource({
        "gemma-3-270m-it, true",
        "it, true",
        "Gemma 2 IT GGUF, true",
        "model.instruct.gguf, true",
        "my_chat_model, true",
        "gemma-3-270m, false",
        "italian-writer, false",
        "bandit, false",
        "chatter-box, false"
    })
    void namesTellByAWord(String name, boolean expected) {
        assertEquals(expected, ConversationSign.isOfConversations(name));
    }

    /** Names come from files, and may be long. */
    @Test
    void longNamesTakeNoLongTime() {
        String name = "-its".repeat(4_000_000) + "\n";
        assertEquals(
                false,
                assertTimeout(
                        Duration.ofSeconds(10), () -> ConversationSign.isOfConversations(name)));
    }
}
