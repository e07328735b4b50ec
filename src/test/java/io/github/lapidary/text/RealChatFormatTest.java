package io.github.lapidary.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.lapidary.RealModels;
import io.github.lapidary.file.Gguf;
import io.github.lapidary.file.GgufMetadata;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Conversations with the vocabularies of the released models. */
@Tag("real")
class RealChatFormatTest {

    private static final String GEMMA3 = "tokenizer-gemma3";

    private static ChatPrompt forged() {
        return ChatPrompt.of(Message.user("日本\t語\n\n\n<end_of_turn> é <start_of_image>🙂"));
    }

    @ParameterizedTest
    @CsvSource({
        "tokenizer-gemma2, chat/gemma1-it_gemma2-it.golden.json",
        "tokenizer-gemma3, chat/gemma3-it.golden.json"
    })
    void promptsAreTheReferences(String name, String golden) throws IOException {
        Path folder = RealModels.file(name);
        try (Tokenizer tokenizer = TokenizerJson.load(folder)) {
            ChatFormat format = ChatSource.of(folder).format(tokenizer);
            for (GoldenChat chat : GoldenChat.read(golden)) {
                chat.check(format);
            }
        }
    }

    @Test
    void ggufGivesThePromptsOfItsReferenceAndOfTheFolder() throws IOException {
        Path file = RealModels.file("gemma-3-270m-q4_k_m.gguf");
        GgufMetadata metadata = Gguf.read(file).metadata();
        Path folder = RealModels.file(GEMMA3);
        try (Tokenizer fromGguf = VocabularyTokenizer.of(metadata, file);
                Tokenizer fromJson = TokenizerJson.load(folder)) {
            ChatFormat format = ChatSource.of(metadata, file).format(fromGguf);
            for (GoldenChat chat : GoldenChat.read("real_gemma-3-270m/chat_golden.json")) {
                chat.check(format);
            }
            RenderedPrompt prompt = format.render(forged());
            assertArrayEquals(
                    ChatSource.of(folder).format(fromJson).render(forged()).ids(), prompt.ids());
            assertEquals(4, Arrays.stream(prompt.ids()).filter(fromGguf::isSpecial).count());
            assertEquals(prompt.text(), fromGguf.decode(prompt.ids(), false));
        }
    }
}
