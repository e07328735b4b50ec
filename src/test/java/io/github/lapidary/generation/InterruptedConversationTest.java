package io.github.lapidary.generation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lapidary.LanguageModel;
import io.github.lapidary.LoadOptions;
import io.github.lapidary.OpenResources;
import io.github.lapidary.Tiny;
import io.github.lapidary.kernel.ModelClosedException;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.text.Message;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Turns that end early, for whatever reason: what the conversation keeps, and that it goes on. */
@Timeout(60)
class InterruptedConversationTest {

    private static final GenerationOptions OPTIONS = Chats.endless(8).build();

    private static LanguageModel model;
    private static OpenResources open;

    private Conversation conversation;
    private Chats chat;
    private List<Message> before;

    private static LanguageModel loadAnother() throws Exception {
        return LanguageModel.load(
                Tiny.path("gemma3_mqa"), LoadOptions.defaults().withFormat(WeightFormat.FLOAT32));
    }

    @BeforeAll
    static void load() throws Exception {
        model = loadAnother();
        open = OpenResources.of(model);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    @BeforeEach
    void talk() throws Exception {
        conversation = model.conversation();
        chat = new Chats(model, conversation);
        chat.turn("Hello.", OPTIONS);
        before = conversation.messages();
    }

    @AfterEach
    void nothingIsLeftOpen() {
        conversation.close();
        open.assertUnchanged();
    }

    /** Runs something at the third token. */
    private static GenerationListener atThirdToken(Consumer<Recorder> action) {
        return new Recorder() {
            @Override
            public void onToken(GeneratedToken token) {
                super.onToken(token);
                if (tokens.size() == 3) {
                    action.accept(this);
                }
            }
        };
    }

    private static Turn turn(GenerationListener listener, Cancellation cancellation) {
        return new Turn(List.of(Message.user("More?")), OPTIONS, listener, cancellation);
    }

    private static Turn turn() {
        return turn(new GenerationListener() {}, new Cancellation());
    }

    /** Returns a turn without end that counts down at each token. */
    private static Turn endless(CountDownLatch latch) {
        GenerationListener counting =
                new GenerationListener() {
                    @Override
                    public void onToken(GeneratedToken token) {
                        latch.countDown();
                    }
                };
        GenerationOptions options = Chats.endless(5000).build();
        return new Turn(List.of(Message.user("More?")), options, counting, new Cancellation());
    }

    /** Fails unless the conversation has that reply and goes on as a fresh one would. */
    private void assertGoesOn(String reply) throws Exception {
        assertEquals(before.size() + 2, conversation.messages().size());
        assertEquals(before, conversation.messages().subList(0, before.size()));
        assertEquals(
                List.of(Message.user("More?"), Message.assistant(reply)),
                conversation.messages().subList(before.size(), before.size() + 2));
        assertRepliesAsAFreshOne();
    }

    private void assertUnchangedAndGoesOn() throws Exception {
        assertEquals(before, conversation.messages());
        assertRepliesAsAFreshOne();
    }

    private void assertRepliesAsAFreshOne() throws Exception {
        List<Message> messages = new ArrayList<>(conversation.messages());
        messages.add(Message.user("And now?"));
        GenerationResult reply = conversation.send(Turn.of("And now?", OPTIONS));
        assertTrue(reply.reusedTokens() > 0);
        chat.assertFresh(messages, OPTIONS, reply);
    }

    @Test
    void aCancelledReplyIsKeptAsFarAsItCame() throws Exception {
        Cancellation cancellation = new Cancellation();
        GenerationResult reply =
                conversation.send(turn(atThirdToken(r -> cancellation.cancel()), cancellation));
        assertEquals(FinishReason.CANCELLED, reply.finishReason());
        assertEquals(3, reply.completionTokens());
        assertFalse(reply.text().isEmpty());
        assertGoesOn(reply.text());
    }

    @Test
    void aTurnThatIsCancelledBeforeItsReplyLeavesNoTrace() throws Exception {
        Cancellation cancellation = new Cancellation();
        cancellation.cancel();
        GenerationResult reply = conversation.send(turn(new Recorder(), cancellation));
        assertEquals(FinishReason.CANCELLED, reply.finishReason());
        assertUnchangedAndGoesOn();
    }

    @Test
    void aTurnWithoutTimeLeavesNoTrace() throws Exception {
        GenerationOptions options = Chats.endless(8).deadline(Duration.ofNanos(1)).build();
        GenerationResult reply = conversation.send(Turn.of("More?", options));
        assertEquals(FinishReason.DEADLINE, reply.finishReason());
        assertUnchangedAndGoesOn();
    }

    @Test
    void aStreamThatIsClosedEarlyKeepsWhatItGave() throws Exception {
        StringBuilder text = new StringBuilder();
        try (TokenStream stream = conversation.stream(turn())) {
            for (int i = 0; i < 4; i++) {
                text.append(stream.next().text());
            }
        }
        assertFalse(text.isEmpty());
        assertGoesOn(text.toString());
    }

    /** What it said it has to know, whatever the options say. */
    @Test
    void aConversationForgetsNothing() throws Exception {
        GenerationOptions options = Chats.endless(8).keepTokens(false).build();
        GenerationResult reply = conversation.send(Turn.of("More?", options));
        assertEquals(8, reply.tokens().size());
        assertGoesOn(reply.text());
    }

    @Test
    void aStreamThatIsClosedUnreadLeavesNoTrace() throws Exception {
        conversation.stream(turn()).close();
        assertUnchangedAndGoesOn();
    }

    @Test
    void aFailingListenerLeavesTheConversationAsItWas() throws Exception {
        RuntimeException failure = new RuntimeException("the listener's");
        GenerationListener failing =
                atThirdToken(
                        recorder -> {
                            throw failure;
                        });
        assertSame(
                failure,
                assertThrows(
                        RuntimeException.class,
                        () -> conversation.send(turn(failing, new Cancellation()))));
        assertUnchangedAndGoesOn();
    }

    @Test
    void oneTurnRunsAtATime() throws Exception {
        try (TokenStream stream = conversation.stream(turn())) {
            stream.next();
            for (Turn another : List.of(turn(), new Turn(List.of(), OPTIONS))) {
                assertEquals(
                        "The conversation is answering; end or close the stream of that turn"
                                + " first.",
                        assertThrows(IllegalStateException.class, () -> conversation.send(another))
                                .getMessage());
            }
            assertThrows(IllegalStateException.class, () -> conversation.truncate(0));
            assertThrows(IllegalStateException.class, () -> conversation.replace(List.of()));
            assertEquals(before, conversation.messages());
            assertGoesOn(stream.result().text());
        }
    }

    @Test
    void closingEndsAStreamThatRuns() throws Exception {
        TokenStream stream = conversation.stream(turn());
        stream.next();
        conversation.close();
        open.assertUnchanged();
        assertEquals(
                "The conversation was closed.",
                assertThrows(IllegalStateException.class, stream::result).getMessage());
        stream.close();
        assertEquals(
                "The conversation was closed.",
                assertThrows(IllegalStateException.class, () -> conversation.send("Hello?"))
                        .getMessage());
        assertEquals(before, conversation.messages());
    }

    @Test
    void aListenerMayCloseTheConversation() throws Exception {
        GenerationListener closing = atThirdToken(recorder -> conversation.close());
        assertThrows(
                IllegalStateException.class,
                () -> conversation.send(turn(closing, new Cancellation())));
        assertEquals(before, conversation.messages());
    }

    @Test
    void closingInAnotherThreadWaitsForTheStep() throws Exception {
        conversation.close();
        for (int round = 0; round < 20; round++) {
            Conversation other = model.conversation();
            CountDownLatch running = new CountDownLatch(3);
            Turn turn = endless(running);
            ExecutorService service = Executors.newSingleThreadExecutor();
            Future<GenerationResult> reply = service.submit(() -> other.send(turn));
            service.shutdown();
            running.await();
            other.close();
            assertEquals(
                    "The conversation was closed.",
                    assertThrows(ExecutionException.class, reply::get).getCause().getMessage());
            open.assertUnchanged();
        }
    }

    /** A listener may wait for what another thread does with the conversation. */
    @Test
    void aListenerHoldsNoLock() throws Exception {
        List<Integer> read = new ArrayList<>();
        GenerationListener asking =
                atThirdToken(
                        recorder ->
                                read.add(
                                        CompletableFuture.supplyAsync(conversation::tokensRead)
                                                .orTimeout(20, TimeUnit.SECONDS)
                                                .join()));
        int earlier = conversation.tokensRead();
        GenerationResult reply = conversation.send(turn(asking, new Cancellation()));
        assertEquals(List.of(earlier), read, "a turn counts when it has ended");
        assertGoesOn(reply.text());
    }

    @Test
    void aStreamThatAnotherThreadClosesEndsWithItsStep() throws Exception {
        ExecutorService service = Executors.newSingleThreadExecutor();
        for (int round = 0; round < 20; round++) {
            CountDownLatch running = new CountDownLatch(1 + round % 3);
            TokenStream stream = conversation.stream(endless(running));
            StringBuilder text = new StringBuilder();
            Future<?> reading =
                    service.submit(() -> stream.forEachRemaining(t -> text.append(t.text())));
            running.await();
            stream.close();
            reading.get();
            assertGoesOn(text.toString());
            conversation.truncate(before.size());
        }
        service.shutdown();
    }

    @Test
    void aListenerCannotReadOnItsOwnStream() throws Exception {
        List<TokenStream> streams = new ArrayList<>();
        GenerationListener greedy = atThirdToken(recorder -> streams.get(0).result());
        try (TokenStream stream = conversation.stream(turn(greedy, new Cancellation()))) {
            streams.add(stream);
            assertEquals(
                    "The stream is being read, by another thread or below its own listener.",
                    assertThrows(IllegalStateException.class, stream::result).getMessage());
        }
        assertUnchangedAndGoesOn();
    }

    @Test
    void closingTheModelEndsAStreamWithANamedError() throws Exception {
        LanguageModel other = loadAnother();
        Conversation closing = other.conversation();
        closing.send(Turn.of("Hello.", OPTIONS));
        List<Message> messages = closing.messages();
        TokenStream stream = closing.stream(turn());
        stream.next();
        other.close();
        assertThrows(ModelClosedException.class, stream::result);
        assertThrows(ModelClosedException.class, () -> closing.send("Hello?"));
        assertEquals(messages, closing.messages());
        stream.close();
        closing.close();
    }
}
