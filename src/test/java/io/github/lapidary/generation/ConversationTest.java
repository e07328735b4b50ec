package io.github.lapidary.generation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lapidary.LanguageModel;
import io.github.lapidary.LoadOptions;
import io.github.lapidary.OpenResources;
import io.github.lapidary.Tiny;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.text.ChatPrompt;
import io.github.lapidary.text.Message;
import io.github.lapidary.text.TemplateException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Conversations: what they read again, what they remember, and how they are edited. */
@Timeout(120)
class ConversationTest {

    private static final LoadOptions EXACT =
            LoadOptions.defaults().withFormat(WeightFormat.FLOAT32);

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

    private static GenerationOptions options(int tokens) {
        return Chats.endless(tokens).build();
    }

    /** Text of about so many tokens that differs by its number. */
    private static String text(int number, int words) {
        return "The fox number " + number + " said: " + "quick brown ".repeat(words / 2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gemma1_mqa",
                "gemma2",
                "gemma2_bf16",
                "gemma3_mqa",
                "gemma3_ropescale",
                "recurrentgemma",
                "recurrentgemma_bf16",
                "glam",
                "glam_alt"
            })
    void tenTurnsReadEachTokenOnce(String name) throws Exception {
        try (LanguageModel tiny = LanguageModel.load(Chats.checkpoint(name, folder), EXACT);
                Conversation conversation = tiny.conversation()) {
            Chats chat = new Chats(tiny, conversation);
            GenerationOptions digits = Chats.endless(9).logitBias(Chats.onlyDigits(tiny)).build();
            int tokensRead = 0;
            for (int i = 0; i < 10; i++) {
                GenerationResult reply = chat.turn(text(i, 4), digits);
                tokensRead += reply.promptTokens() - reply.reusedTokens();
                tokensRead += reply.completionTokens() - 1; // the last is chosen, but not read
            }
            assertEquals(conversation.tokensRead(), tokensRead);
        }
    }

    /**
     * The tokens that a random model writes are seldom those of their text. (Recurrent models read
     * some more: {@link RecurrentReuseTest}.)
     */
    @ParameterizedTest
    @ValueSource(strings = {"gemma1_mqa", "gemma2", "gemma3_mqa", "glam", "glam_alt"})
    void onlyWhatDiffersFromItsTokensIsReadAgain(String name) throws Exception {
        try (LanguageModel tiny = LanguageModel.load(Chats.checkpoint(name, folder), EXACT);
                Conversation conversation = tiny.conversation()) {
            Chats chat = new Chats(tiny, conversation);
            for (int i = 0; i < 10; i++) {
                chat.turn(text(i, 4), options(8));
            }
        }
    }

    @Test
    void aModelWithoutTemplateSaysSo() throws Exception {
        try (LanguageModel tiny = LanguageModel.load(Tiny.path("glam"), EXACT)) {
            assertEquals(
                    Tiny.path("glam")
                            + ": the model has no chat template, and for the family glam none is"
                            + " built in.",
                    assertThrows(TemplateException.class, tiny::conversation).getMessage());
        }
    }

    @Test
    void editsGoBackToWhereTheyBegin() throws Exception {
        GenerationOptions options = options(6);
        try (Conversation conversation =
                model.conversation(ConversationOptions.of(options).withSystem("Be brief."))) {
            Chats chat = new Chats(model, conversation);
            assertEquals(List.of(Message.system("Be brief.")), conversation.messages());
            chat.turn("First.", options);
            List<Message> afterFirst = conversation.messages();
            chat.turn("Second.", options);
            chat.turn("Third.", options);

            conversation.truncate(3);
            assertEquals(afterFirst, conversation.messages());
            chat.turn("Another second.", options);

            List<Message> edited = new ArrayList<>(conversation.messages());
            edited.set(2, Message.assistant("Some other reply."));
            conversation.replace(edited);
            chat.turn("Third.", options);

            conversation.replace(List.of());
            chat.turn("A new beginning.", options);

            List<Message> before = conversation.messages();
            GenerationResult again = conversation.regenerate(options(4));
            chat.assertFresh(before.subList(0, before.size() - 1), options(4), again);
            assertEquals(again.promptTokens() - 1, again.reusedTokens());

            conversation.truncate(1);
            GenerationResult reply = conversation.send(new Turn(List.of(), options));
            chat.assertFresh(before.subList(0, 1), options, reply);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemma3_mqa", "recurrentgemma"})
    void whatWasTakenOutIsNotSaved(String name) throws Exception {
        Path file = folder.resolve("conversation");
        try (LanguageModel tiny = LanguageModel.load(Tiny.path(name), EXACT);
                Conversation conversation = tiny.conversation()) {
            GenerationOptions options = options(6);
            conversation.send(Turn.of("First.", options));
            conversation.send(Turn.of("The secret.", options));
            List<Message> all = conversation.messages();
            for (int kept : new int[] {3, 2, 0}) {
                conversation.replace(all);
                conversation.truncate(kept);
                conversation.save(file);
                int[] allowed = {};
                if (kept > 0) {
                    ChatPrompt prompt = ChatPrompt.of(all.subList(0, kept));
                    allowed =
                            tiny.chatFormat().render(prompt.withGenerationPrompt(kept == 3)).ids();
                }
                try (Prefix saved = tiny.restore(file)) {
                    int[] ids = saved.ids();
                    assertArrayEquals(Arrays.copyOf(allowed, ids.length), ids);
                    assertEquals(kept > 0, ids.length > 0);
                }
                List<Message> asked = new ArrayList<>(conversation.messages());
                asked.add(Message.user("And then?"));
                if (kept != 3) {
                    GenerationResult reply = conversation.send(Turn.of("And then?", options));
                    new Chats(tiny, conversation).assertFresh(asked, options, reply);
                }
            }
        }
    }

    /** A window of 10 tokens remembers what it needs to go back by 64, and a chunk at most. */
    @Test
    void whatCannotGoBackFarEnoughBeginsAnew() throws Exception {
        GenerationOptions options = options(5);
        try (Conversation conversation = model.conversation()) {
            conversation.send(Turn.of(text(1, 30), options));
            conversation.send(Turn.of(text(2, 900), options));
            conversation.truncate(2);
            List<Message> messages = new ArrayList<>(conversation.messages());
            messages.add(Message.user("Short."));

            GenerationResult reply = conversation.send(Turn.of("Short.", options));

            assertEquals(0, reply.reusedTokens());
            new Chats(model, conversation).assertFresh(messages, options, reply);
        }
    }

    @Test
    void sampledRepliesAreRepeatable() throws Exception {
        GenerationOptions options =
                Chats.endless(8).temperature(1.5).topK(40).repetitionPenalty(1.2).seed(5).build();
        try (Conversation conversation = model.conversation()) {
            Chats chat = new Chats(model, conversation);
            for (int i = 0; i < 3; i++) {
                chat.turn(text(i, 4), options);
            }
        }
    }

    @Test
    void aFullContextIsToldBeforeAnythingChanges() throws Exception {
        Path path = Tiny.copyWithContext("gemma3_mqa", folder.resolve("model"), 60);
        try (LanguageModel small = LanguageModel.load(path, EXACT);
                Conversation conversation = small.conversation()) {
            Chats chat = new Chats(small, conversation);
            GenerationOptions options =
                    Chats.endless(500).logitBias(Chats.onlyDigits(small)).build();
            assertEquals(FinishReason.LENGTH, chat.turn("Hello.", options).finishReason());
            List<Message> messages = conversation.messages();
            int read = conversation.tokensRead();

            Turn tooMuch = Turn.of("Hello again.", options);
            ContextLengthException full =
                    assertThrows(ContextLengthException.class, () -> conversation.send(tooMuch));

            assertTrue(full.promptTokens() >= 60, full::getMessage);
            assertEquals(
                    "With this message the conversation has "
                            + full.promptTokens()
                            + " tokens; the model's context holds 60, the reply included.",
                    full.getMessage());
            assertEquals(60, full.contextLength());
            assertEquals(messages, conversation.messages());
            assertEquals(read, conversation.tokensRead());
            conversation.truncate(0);
            chat.turn("Hello again.", options);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"gemma2", "gemma3_mqa", "recurrentgemma", "recurrentgemma_bf16", "glam"})
    void aReplyEndsWhereTheTemplateEndsATurn(String name) throws Exception {
        try (LanguageModel tiny = LanguageModel.load(Chats.checkpoint(name, folder), EXACT);
                Conversation conversation = tiny.conversation()) {
            int endOfTurn = tiny.tokenizer().id("<end_of_turn>").orElseThrow();
            GenerationOptions options =
                    GenerationOptions.builder()
                            .maxNewTokens(5)
                            .logitBias(Map.of(endOfTurn, 1e9f))
                            .build();
            GenerationResult reply = conversation.send(Turn.of("Hello.", options));
            assertEquals(FinishReason.STOP, reply.finishReason());
            assertEquals(
                    List.of(endOfTurn), reply.tokens().stream().map(GeneratedToken::id).toList());
            assertEquals(
                    List.of(Message.user("Hello."), Message.assistant("")),
                    conversation.messages());
        }
    }

    @Test
    void repliesAreGeneratedAsTheMakersWould() throws Exception {
        GenerationOptions options = model.replyOptions().build();
        assertEquals(
                GenerationOptions.builder()
                        .temperature(1)
                        .topK(64)
                        .topP(0.95)
                        .maxNewTokens(1024)
                        .build(),
                options);
    }

    @Test
    void whatCannotBeAnsweredIsRefused() throws Exception {
        try (Conversation conversation = model.conversation()) {
            Turn nothing = new Turn(List.of(), options(3));
            Turn reply = new Turn(List.of(Message.assistant("Hello.")), options(3));
            for (Turn turn : List.of(nothing, reply)) {
                assertEquals(
                        "There is no message to reply to.",
                        assertThrows(IllegalArgumentException.class, () -> conversation.send(turn))
                                .getMessage());
            }
            assertThrows(IllegalArgumentException.class, () -> conversation.regenerate(options(3)));
            assertEquals(
                    "The conversation has 0 messages, not 1.",
                    assertThrows(IllegalArgumentException.class, () -> conversation.truncate(1))
                            .getMessage());
            Turn twice = new Turn(List.of(Message.user("A"), Message.user("B")), options(3));
            assertEquals(
                    "Conversation roles must alternate user/assistant/user/assistant/...",
                    assertThrows(TemplateException.class, () -> conversation.send(twice))
                            .getMessage());
            assertEquals(List.of(), conversation.messages());
        }
    }
}
