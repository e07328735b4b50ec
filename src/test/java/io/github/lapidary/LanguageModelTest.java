package io.github.lapidary;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.MalformedModelException;
import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.generation.GenerationOptions;
import io.github.lapidary.generation.GenerationRequest;
import io.github.lapidary.generation.GenerationResult;
import io.github.lapidary.generation.ScoreListener;
import io.github.lapidary.generation.ScoreOptions;
import io.github.lapidary.generation.TokenStream;
import io.github.lapidary.kernel.ModelClosedException;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.text.ChatPrompt;
import io.github.lapidary.text.Message;
import io.github.lapidary.text.RenderedPrompt;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The facade: what it loads and refuses, and what is left once it is closed. */
@Timeout(60)
class LanguageModelTest {

    private static final LoadOptions EXACT =
            LoadOptions.defaults().withFormat(WeightFormat.FLOAT32);

    @TempDir private Path folder;

    private static Path gguf(String name) throws Exception {
        return Path.of(LanguageModelTest.class.getResource("/gguf/" + name).toURI());
    }

    @Test
    void aTextIsContinuedByItsTokens() throws Exception {
        try (LanguageModel model = LanguageModel.load(Tiny.path("gemma2"), EXACT)) {
            GenerationOptions options = GenerationOptions.builder().maxNewTokens(12).build();
            GenerationResult result = model.generate("some words", options);
            int[] prompt = model.encode("some words");
            assertEquals(model.tokenizer().bosId(), prompt[0]);
            assertEquals(prompt.length, result.promptTokens());
            GenerationRequest same = new GenerationRequest(prompt, options);
            assertArrayEquals(result.ids(), model.generate(List.of(same)).get(0).ids());
            try (TokenStream stream = model.stream("some words", options)) {
                assertEquals(result.text(), stream.result().text());
            }
            String text = model.generate("some words");
            assertTrue(text.startsWith(result.text()), text);
        }
    }

    @Test
    void aGgufFileWritesWhatItsFolderWrites() throws Exception {
        Path file = gguf("tiny_gemma2_f32.gguf");
        GenerationOptions options =
                GenerationOptions.builder().maxNewTokens(12).ignoreEos(true).build();
        GenerationRequest request = new GenerationRequest(Tiny.prompt(9), options);
        try (LanguageModel model = LanguageModel.load(file, EXACT);
                LanguageModel folderModel = LanguageModel.load(Tiny.path("gemma2"), EXACT)) {
            assertArrayEquals(
                    folderModel.generate(List.of(request)).get(0).ids(),
                    model.generate(List.of(request)).get(0).ids());
        }
        assertEquals(List.of(), ProcessMemory.mappings(file));
    }

    @Test
    void conversationsAreRenderedForTheModel() throws Exception {
        ChatPrompt prompt = ChatPrompt.of(Message.user("some <end_of_turn> words"));
        String text =
                """
                <bos><start_of_turn>user
                some <end_of_turn> words<end_of_turn>
                <start_of_turn>model
                """;
        try (LanguageModel model = LanguageModel.load(Tiny.path("gemma2"), EXACT);
                LanguageModel fromGguf = LanguageModel.load(gguf("tiny_gemma2_f32.gguf"), EXACT)) {
            RenderedPrompt rendered = model.chatFormat().render(prompt);
            assertEquals(text, rendered.text());
            assertEquals(
                    4, Arrays.stream(rendered.ids()).filter(model.tokenizer()::isSpecial).count());
            RenderedPrompt same = fromGguf.chatFormat().render(prompt);
            assertEquals(text, same.text());
            assertArrayEquals(rendered.ids(), same.ids());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aClosedModelSaysSo(boolean fromGguf) throws Exception {
        Path path = fromGguf ? gguf("tiny_gemma2_f32.gguf") : Tiny.path("gemma2");
        LanguageModel model = LanguageModel.load(path, EXACT);
        GenerationOptions options = GenerationOptions.builder().maxNewTokens(9).build();
        GenerationRequest request = new GenerationRequest(Tiny.prompt(5), options);
        TokenStream stream = model.stream(request);
        assertTrue(stream.hasNext());
        model.close();
        model.close();
        List<Executable> uses =
                List.of(
                        stream::result,
                        () -> model.generate("a"),
                        () -> model.generate(List.of(request)),
                        () -> model.stream("a", options),
                        () -> model.stream(request),
                        () -> model.score("a"),
                        () ->
                                model.score(
                                        Tiny.prompt(5),
                                        ScoreOptions.defaults(),
                                        ScoreListener.NONE),
                        () -> model.encode("a"));
        for (Executable use : uses) {
            assertThrows(ModelClosedException.class, use);
        }
        assertEquals(List.of(), ProcessMemory.mappings(path));
    }

    private void assertRefused(Class<? extends Exception> type, Path path, String... parts) {
        Exception refused = assertThrows(type, () -> LanguageModel.load(path, EXACT));
        for (String part : parts) {
            assertTrue(refused.getMessage().contains(part), refused::toString);
        }
        assertEquals(List.of(), ProcessMemory.mappings(path));
        assertEquals(List.of(), openFiles(path));
    }

    /** Returns the files below a path that this process has open. */
    private static List<Path> openFiles(Path path) {
        Path all = Path.of("/proc/self/fd"); // elsewhere than on Linux nothing is known
        try (Stream<Path> descriptors = Files.exists(all) ? Files.list(all) : Stream.empty()) {
            return descriptors.filter(descriptor -> target(descriptor).startsWith(path)).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor);
        } catch (IOException e) {
            return descriptor; // the descriptor of the listing itself
        }
    }

    @Test
    void aMissingPathIsNamed() {
        Path path = folder.resolve("none");
        assertRefused(
                NoSuchFileException.class,
                path,
                path.toString(),
                "there is no such model; expected a Hugging Face folder or a GGUF file");
    }

    @Test
    void aFolderWithoutTokenizerIsRefused() throws Exception {
        Path path = Tiny.copy("gemma2", folder.resolve("model"), config -> {});
        Files.delete(path.resolve("tokenizer.json"));
        assertRefused(NoSuchFileException.class, path, "tokenizer.json", "there is no such file");
        assertNothingLoads(path);
    }

    @Test
    void aGgufWithoutVocabularyIsRefused() throws Exception {
        String text =
                new String(Files.readAllBytes(gguf("tiny_gemma2_f32.gguf")), ISO_8859_1)
                        .replace("tokenizer.ggml.tokens", "tokenizer.ggml.others");
        Path path = Files.write(folder.resolve("model.gguf"), text.getBytes(ISO_8859_1));
        assertRefused(IOException.class, path, "tokenizer.ggml.tokens is missing");
        assertNothingLoads(path);
    }

    /** Weights may take minutes to load. */
    private static void assertNothingLoads(Path path) {
        ProgressListener none =
                (done, total) -> {
                    throw new AssertionError("weights were loaded");
                };
        assertThrows(IOException.class, () -> LanguageModel.load(path, EXACT.withListener(none)));
    }

    @Test
    void anUnknownFamilyIsRefused() throws Exception {
        Path path =
                Tiny.copy(
                        "gemma2",
                        folder.resolve("model"),
                        config -> config.addProperty("model_type", "llama"));
        assertRefused(IOException.class, path, "config.json", "model_type", "llama", "gemma2");
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.001, 0.3, 0.6, 0.999})
    void aTruncatedGgufIsRefused(double part) throws Exception {
        byte[] bytes = Files.readAllBytes(gguf("tiny_gemma2_f32.gguf"));
        Path path = folder.resolve("model.gguf");
        Files.write(path, Arrays.copyOf(bytes, (int) (part * bytes.length)));
        assertRefused(IOException.class, path, "model.gguf");
    }

    @Test
    void tensorsThatDoNotFitAreRefused() throws Exception {
        Path path =
                Tiny.copy(
                        "gemma2",
                        folder.resolve("model"),
                        config -> config.addProperty("num_hidden_layers", 5));
        assertRefused(MalformedModelException.class, path, "number of layers: expected 5, found 4");
    }

    @Test
    void aFailingLoadIsUndone() throws Exception {
        RuntimeException failure = new RuntimeException("the listener's");
        Path path = Tiny.copy("gemma2", folder.resolve("model"), config -> {});
        ProgressListener failing =
                (done, total) -> {
                    if (done > total / 2) {
                        throw failure;
                    }
                };
        assertSame(
                failure,
                assertThrows(
                        RuntimeException.class,
                        () -> LanguageModel.load(path, EXACT.withListener(failing))));
        assertEquals(List.of(), ProcessMemory.mappings(path));
        assertEquals(List.of(), openFiles(path));
    }
}
