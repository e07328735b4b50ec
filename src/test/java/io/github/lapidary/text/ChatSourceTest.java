package io.github.lapidary.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lapidary.file.GgufMetadata;
import io.github.lapidary.file.MalformedFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where chat templates come from, and what is wrong with them. */
class ChatSourceTest {

    private static final Path GGUF = Path.of("tiny.gguf");
    private static final ChatPrompt PROMPT = ChatPrompt.of(Message.user("a"));

    private static Tokenizer tokenizer;

    @TempDir private Path folder;

    @BeforeAll
    static void load() throws IOException {
        tokenizer = TokenizerJson.load(TinyTokenizers.folder("gemma3_mqa"));
    }

    @AfterAll
    static void close() {
        tokenizer.close();
    }

    private String rendered() throws IOException {
        return ChatSource.of(folder).format(tokenizer).render(PROMPT).text();
    }

    private void settings(String json) throws IOException {
        Files.writeString(folder.resolve("tokenizer_config.json"), json);
    }

    @Test
    void fileOfItsOwnGoesFirst() throws IOException {
        settings("{\"chat_template\": \"from the settings\"}");
        assertEquals("from the settings", rendered());
        Files.writeString(folder.resolve("chat_template.jinja"), "from its file");
        assertEquals("from its file", rendered());
    }

    @Test
    void namedTemplateIsTheDefaultOne() throws IOException {
        settings(
                "{\"chat_template\": [{\"name\": \"rag\", \"template\": \"no\"},"
                        + " {\"name\": \"default\", \"template\": \"yes\"}]}");
        assertEquals("yes", rendered());
    }

    @Test
    void namesOfTokensReachTheTemplate() throws IOException {
        settings(
                "{\"bos_token\": \"<bos>\", \"eos_token\": {\"content\": \"<end_of_turn>\"},"
                        + " \"add_bos_token\": true, \"pad_token\": null, \"chat_template\":"
                        + " \"{{ bos_token }}{{ eos_token }}{{ pad_token }}{{ add_bos_token }}\"}");
        RenderedPrompt prompt = ChatSource.of(folder).format(tokenizer).render(PROMPT);
        assertEquals("<bos><end_of_turn>", prompt.text());
        assertEquals(2, prompt.ids().length);
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            textBlock =
                    """
                    5 => expected a chat template, or a list with one named default.
                    {} => expected a chat template, or a list with one named default.
                    [] => expected a chat template, or a list with one named default.
                    [{"name": "rag", "template": "a"}] => expected a chat template, or a list with one named default.
                    [{"name": "default"}] => expected a chat template, or a list with one named default.
                    "{{" => line 1: a tag is not closed by }}.
                    "\\n\\n{% nope %}" => line 3: the tag nope is not known here.
                    """)
    void brokenTemplateHindersOnlyChats(String template, String problem) throws IOException {
        settings("{\"chat_template\": " + template + "}");
        ChatSource source = ChatSource.of(folder);

        TemplateException broken =
                assertThrows(TemplateException.class, () -> source.format(tokenizer));
        assertEquals(folder.resolve("tokenizer_config.json") + ": " + problem, broken.getMessage());
    }

    @Test
    void failureWhileRenderingNamesTheTemplate() throws IOException {
        Path file = folder.resolve("chat_template.jinja");
        Files.writeString(file, "{{ bos_token }}\n{{ messages[0].content | nope }}");
        assertEquals(
                file + ": line 2: the filter nope is not known.",
                assertThrows(TemplateException.class, this::rendered).getMessage());
    }

    @Test
    void fileThatIsNoTextOrTooLargeIsRefused() throws IOException {
        Path file = folder.resolve("chat_template.jinja");
        Files.write(file, new byte[] {'a', (byte) 0xE9});
        assertEquals(
                file + ": it is not UTF-8.",
                assertThrows(MalformedFileException.class, this::rendered).getMessage());
        Files.write(file, new byte[(1 << 22) + 1]);
        assertEquals(
                file + ": it has more than 4194304 bytes; expected fewer.",
                assertThrows(MalformedFileException.class, this::rendered).getMessage());
    }

    @Test
    void modelWithoutTemplateIsTold() throws IOException {
        Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"glam\"}");
        assertEquals(
                folder
                        + ": the model has no chat template, and for the family glam none is built"
                        + " in.",
                assertThrows(TemplateException.class, this::rendered).getMessage());
    }

    @Test
    void metadataHoldsTemplateAndTokens() throws IOException {
        GgufMetadata plain = TinyTokenizers.metadata("gemma3_mqa");
        GgufMetadata metadata =
                TinyTokenizers.with(
                        TinyTokenizers.with(
                                plain,
                                "tokenizer.chat_template",
                                "{{ bos_token }}{{ eos_token }}{{ pad_token }}"),
                        "tokenizer.ggml.eos_token_id",
                        1L);
        ChatFormat format = ChatSource.of(metadata, GGUF).format(tokenizer);
        assertEquals("tiny.gguf, tokenizer.chat_template", format.template().name());
        assertEquals("<bos><eos>", format.render(PROMPT).text());

        assertTrue(
                ChatSource.of(plain, GGUF)
                        .format(tokenizer)
                        .template()
                        .source()
                        .contains("Gemma 3"));
        assertThrows(
                MalformedFileException.class,
                () ->
                        ChatSource.of(
                                TinyTokenizers.with(plain, "tokenizer.chat_template", 5L), GGUF));
    }

    @Test
    void idsOutOfRangeNameNoToken() throws IOException {
        GgufMetadata metadata =
                TinyTokenizers.with(
                        TinyTokenizers.metadata("gemma3_mqa"),
                        "tokenizer.ggml.eos_token_id",
                        Long.MAX_VALUE);
        ChatSource.of(metadata, GGUF).format(tokenizer).render(PROMPT);
    }
}
