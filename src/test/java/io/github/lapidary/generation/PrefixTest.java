package io.github.lapidary.generation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lapidary.LanguageModel;
import io.github.lapidary.LoadOptions;
import io.github.lapidary.OpenResources;
import io.github.lapidary.Tiny;
import io.github.lapidary.file.MalformedFileException;
import io.github.lapidary.kernel.ModelClosedException;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.text.Message;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a model has read serves many generations, also after it was saved. */
@Timeout(60)
class PrefixTest {

    private static final LoadOptions EXACT =
            LoadOptions.defaults().withFormat(WeightFormat.FLOAT32);
    private static final GenerationOptions OPTIONS = Chats.endless(12).build();
    private static final int LENGTH = 700;

    private static LanguageModel model;
    private static OpenResources open;

    @TempDir private Path folder;

    @BeforeAll
    static void load() throws Exception {
        model = LanguageModel.load(Tiny.path("gemma3_mqa"), EXACT);
        open = OpenResources.of(model);
    }

    @AfterEach
    void nothingIsLeftOpen() {
        open.assertUnchanged();
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static Prefix read() {
        return read(model);
    }

    private static Prefix read(LanguageModel model) {
        return model.read(Tiny.prompt(LENGTH), new Cancellation());
    }

    private static int[] prompt(int... further) {
        return IntStream.concat(Arrays.stream(Tiny.prompt(LENGTH)), IntStream.of(further))
                .toArray();
    }

    private static void assertFresh(LanguageModel model, Prefix prefix, int[] prompt, int reused) {
        GenerationRequest request = new GenerationRequest(prompt, OPTIONS);
        GenerationResult expected = model.generate(List.of(request)).get(0);
        try (TokenStream stream = prefix.stream(request)) {
            GenerationResult found = stream.result();
            assertArrayEquals(expected.ids(), found.ids());
            assertEquals(prompt.length, found.promptTokens());
            assertEquals(reused, found.reusedTokens());
        }
    }

    /** A prompt may also leave the text early; windows go back by 64 tokens at the least. */
    @Test
    void onlyTheRestIsRead() throws IOException {
        assertOnlyTheRestIsRead(model, 0);
    }

    /** Without windows, no token is read again. */
    @ParameterizedTest
    @ValueSource(strings = {"glam", "glam_alt"})
    void noTokenIsReadTwiceWithoutWindows(String name) throws Exception {
        try (LanguageModel sparse = LanguageModel.load(Tiny.path(name), EXACT)) {
            assertOnlyTheRestIsRead(sparse, 19);
        }
    }

    /** Holds prompts against fresh ones; so much is reused for one of the first 20 tokens. */
    private void assertOnlyTheRestIsRead(LanguageModel model, int reusedOfFew) throws IOException {
        Path file = folder.resolve("state");
        try (Prefix prefix = read(model)) {
            prefix.save(file);
            for (Prefix each : List.of(prefix, model.restore(file))) {
                try (each) {
                    assertArrayEquals(Tiny.prompt(LENGTH), each.ids());
                    assertFresh(model, each, prompt(7, 8, 9), LENGTH);
                    assertFresh(model, each, prompt(10), LENGTH);
                    assertFresh(model, each, prompt(), LENGTH - 1);
                    assertFresh(model, each, Tiny.prompt(LENGTH - 30), LENGTH - 31);
                    assertFresh(model, each, Tiny.prompt(20), reusedOfFew);
                    assertFresh(model, each, new int[] {2}, 0);
                }
            }
        }
    }

    @Test
    void generationsAtOnceDoNotDisturbEachOther() {
        try (Prefix prefix = read();
                TokenStream first = prefix.stream(new GenerationRequest(prompt(7, 8), OPTIONS));
                TokenStream second =
                        prefix.stream(new GenerationRequest(prompt(11, 12, 13), OPTIONS))) {
            while (first.hasNext()) {
                first.next();
                second.next();
            }
            GenerationRequest request = new GenerationRequest(prompt(7, 8), OPTIONS);
            assertArrayEquals(model.generate(List.of(request)).get(0).ids(), first.result().ids());
        }
    }

    @Test
    void textsFollowTheOneThatWasRead() {
        String text = "The quick brown fox jumps over";
        try (Prefix prefix = model.read(text)) {
            GenerationResult result = prefix.generate(" the lazy dog.", OPTIONS);
            assertEquals(prefix.ids().length, result.reusedTokens());
            assertEquals(model.generate(text + " the lazy dog.", OPTIONS).text(), result.text());
        }
    }

    @Test
    void generationsOutliveIt() {
        GenerationRequest request = new GenerationRequest(prompt(7), OPTIONS);
        Prefix prefix = read();
        try (TokenStream stream = prefix.stream(request)) {
            stream.next();
            prefix.close();
            prefix.close();
            assertArrayEquals(model.generate(List.of(request)).get(0).ids(), stream.result().ids());
        }
        assertThrows(IllegalStateException.class, () -> prefix.stream(request));
        assertThrows(IllegalStateException.class, prefix::ids);
        assertThrows(IllegalStateException.class, () -> prefix.save(folder.resolve("state")));
    }

    @Test
    void readingCanBeCancelled() {
        Cancellation cancellation = new Cancellation();
        cancellation.cancel();
        assertThrows(CancellationException.class, () -> model.read(Tiny.prompt(9), cancellation));
        Thread.currentThread().interrupt();
        try {
            assertThrows(
                    CancellationException.class,
                    () -> model.read(Tiny.prompt(9), new Cancellation()));
        } finally {
            Thread.interrupted();
        }
    }

    /** Where an interrupt has ended a generation, the thread may still be interrupted. */
    @Test
    void anInterruptedThreadIsToldSo() throws IOException {
        Path file = folder.resolve("state");
        try (Prefix prefix = read()) {
            prefix.save(file);
            Thread.currentThread().interrupt();
            IOException saving = assertThrows(IOException.class, () -> prefix.save(file));
            IOException reading = assertThrows(IOException.class, () -> model.restore(file));
            assertTrue(Thread.interrupted());
            assertEquals(
                    file + " could not be written: the thread was interrupted.",
                    saving.getMessage());
            assertEquals(
                    file + " could not be read: the thread was interrupted.", reading.getMessage());
            model.restore(file).close();
        }
    }

    @Test
    void whatCannotBeReadIsRefused() {
        Cancellation none = new Cancellation();
        assertThrows(IllegalArgumentException.class, () -> model.read(new int[0], none));
        assertThrows(IllegalArgumentException.class, () -> model.read(new int[] {-1}, none));
        int tooMany = model.contextLength() + 1;
        assertThrows(ContextLengthException.class, () -> model.read(new int[tooMany], none));
        try (Prefix prefix = read()) {
            GenerationRequest bad = new GenerationRequest(prompt(-1), OPTIONS);
            assertThrows(IllegalArgumentException.class, () -> prefix.stream(bad));
        }
    }

    @Test
    void aClosedModelReadsNothing() throws Exception {
        LanguageModel other = LanguageModel.load(Tiny.path("gemma3_mqa"), EXACT);
        Prefix prefix = other.read("Hello");
        Path file = folder.resolve("state");
        prefix.save(file);
        other.close();
        assertThrows(ModelClosedException.class, () -> other.restore(file));
        assertThrows(ModelClosedException.class, () -> prefix.save(file));
        assertThrows(ModelClosedException.class, () -> prefix.generate("and"));
        prefix.close();
    }

    /** The reply after restoring is that of the conversation that was saved, sampled or not. */
    @ParameterizedTest
    @CsvSource({
        "gemma1_mqa, FLOAT32",
        "gemma2_bf16, BFLOAT16",
        "gemma3_mqa, BFLOAT16",
        "recurrentgemma, FLOAT32",
        "recurrentgemma_bf16, BFLOAT16",
        "glam, FLOAT32",
        "glam_alt, BFLOAT16"
    })
    void conversationsGoOn(String name, WeightFormat format) throws Exception {
        Path file = folder.resolve("chat");
        GenerationOptions options = Chats.endless(9).temperature(1.0).seed(3).build();
        LoadOptions loading = LoadOptions.defaults().withFormat(format);
        Path path = Chats.checkpoint(name, folder);
        List<Message> said;
        GenerationResult expected;
        try (LanguageModel first = LanguageModel.load(path, loading);
                Conversation conversation = first.conversation()) {
            conversation.send(Turn.of("Tell me ß.", options));
            conversation.save(file);
            said = conversation.messages();
            expected = conversation.send(Turn.of("And more.", options));
        }
        try (LanguageModel second = LanguageModel.load(path, loading);
                Conversation conversation = second.conversation()) {
            conversation.send(Turn.of("Something else.", options));
            conversation.restore(file);
            assertEquals(said, conversation.messages());
            GenerationResult found = conversation.send(Turn.of("And more.", options));
            assertArrayEquals(expected.ids(), found.ids());
            assertEquals(expected.reusedTokens(), found.reusedTokens());
        }
    }

    @Test
    void aConversationThatCannotBeRestoredStaysAsItWas() throws Exception {
        Path file = folder.resolve("text");
        try (Prefix prefix = read();
                Conversation conversation = model.conversation()) {
            prefix.save(file);
            conversation.send(Turn.of("Hello.", OPTIONS));
            List<Message> said = new ArrayList<>(conversation.messages());
            int read = conversation.tokensRead();
            MalformedFileException e =
                    assertThrows(MalformedFileException.class, () -> conversation.restore(file));
            assertEquals(
                    file + ": it holds a text that was read, and no conversation.", e.getMessage());
            assertEquals(said, conversation.messages());
            assertEquals(read, conversation.tokensRead());
            try (TokenStream stream = conversation.stream(Turn.of("More.", OPTIONS))) {
                stream.next();
                assertThrows(IllegalStateException.class, () -> conversation.save(file));
                assertThrows(IllegalStateException.class, () -> conversation.restore(file));
            }
        }
    }

    @Test
    void anEmptyConversationIsSavedToo() throws Exception {
        Path file = folder.resolve("empty");
        try (Conversation conversation = model.conversation()) {
            conversation.save(file);
            conversation.send(Turn.of("Hello.", OPTIONS));
            conversation.restore(file);
            assertEquals(List.of(), conversation.messages());
            assertEquals(0, conversation.tokensRead());
            conversation.send(Turn.of("Hello.", OPTIONS));
        }
    }
}
