package io.github.lapidary.text;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Conversations rendered as Hugging Face renders them, with the templates from every place. */
class ChatFormatGoldenTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gemma1_mha",
                "gemma1_mqa",
                "gemma2",
                "gemma2_bf16",
                "gemma3_mqa",
                "gemma3_ropescale",
                "recurrentgemma",
                "recurrentgemma_bf16"
            })
    void everyPlaceOfATemplateGivesTheReferencesPrompt(String name, @TempDir Path folder)
            throws IOException {
        Path checkpoint = TinyTokenizers.folder(name);
        List<GoldenChat> golden = GoldenChat.read("tiny/" + name + "/golden_chat.json");
        try (Tokenizer tokenizer = TokenizerJson.load(checkpoint)) {
            check(golden, ChatSource.of(checkpoint).format(tokenizer), "tokenizer_config.json");

            Files.copy(checkpoint.resolve("config.json"), folder.resolve("config.json"));
            check(golden, ChatSource.of(folder).format(tokenizer), "built-in");

            Files.delete(folder.resolve("config.json"));
            check(golden, ChatSource.of(folder).format(tokenizer), "built-in");

            Path template =
                    GoldenText.GOLDEN
                            .resolve("chat")
                            .resolve(
                                    name.startsWith("gemma3")
                                            ? "gemma3-it.jinja"
                                            : "gemma1-it_gemma2-it.jinja");
            Files.copy(template, folder.resolve("chat_template.jinja"));
            check(golden, ChatSource.of(folder).format(tokenizer), "chat_template.jinja");
        }
    }

    private static void check(List<GoldenChat> golden, ChatFormat format, String place)
            throws TemplateException {
        assertTrue(format.template().name().contains(place), format.template().name());
        for (GoldenChat chat : golden) {
            chat.check(format);
        }
    }
}
