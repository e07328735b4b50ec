package io.github.lapidary.generation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.LoadOptions;
import io.github.lapidary.OpenResources;
import io.github.lapidary.Tiny;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.nn.Step;
import io.github.lapidary.state.DecodingState;
import io.github.lapidary.text.Message;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A state that cannot go back by itself is not read anew, either. The windows are of 8 and 6. */
@Timeout(120)
class RecurrentReuseTest {

    private static final int LENGTH = 700;
    private static final GenerationOptions OPTIONS = Chats.endless(12).topLogprobs(3).build();

    @TempDir private Path folder;

    private static LanguageModel load(String name, WeightFormat format) throws Exception {
        return LanguageModel.load(Tiny.path(name), LoadOptions.defaults().withFormat(format));
    }

    private static int[] prompt(int... further) {
        return IntStream.concat(Arrays.stream(Tiny.prompt(LENGTH)), IntStream.of(further))
                .toArray();
    }

    /** Goes on after a prompt; fails unless so many of its tokens were not read again. */
    private static List<LogProbabilities> goOn(Prefix prefix, int[] prompt, int reused) {
        try (TokenStream stream = prefix.stream(new GenerationRequest(prompt, OPTIONS))) {
            GenerationResult result = stream.result();
            assertEquals(reused, result.reusedTokens());
            return logProbabilities(result);
        }
    }

    /** Returns the numbers of all tokens, in double precision. */
    private static List<LogProbabilities> logProbabilities(GenerationResult result) {
        return result.tokens().stream()
                .map(GeneratedToken::logProbabilities)
                .map(Optional::orElseThrow)
                .toList();
    }

    /** The text alone is continued from the place before its last token. */
    @ParameterizedTest
    @CsvSource({"recurrentgemma, FLOAT32", "recurrentgemma_bf16, BFLOAT16"})
    void ofATextOnlyTheRestIsRead(String name, WeightFormat format) throws Exception {
        Path file = folder.resolve("state");
        Path again = folder.resolve("again");
        try (LanguageModel model = load(name, format)) {
            OpenResources open = OpenResources.of(model);
            List<LogProbabilities> alone = inPasses(model, 512, LENGTH - 1, LENGTH);
            try (Prefix prefix = model.read(Tiny.prompt(LENGTH), new Cancellation())) {
                List<LogProbabilities> further = goOn(prefix, prompt(7, 8, 9), LENGTH);
                prefix.save(file);
                try (Prefix restored = model.restore(file)) {
                    for (Prefix each : List.of(prefix, restored, prefix)) {
                        assertEquals(alone, goOn(each, prompt(), LENGTH - 1));
                        GenerationResult nothing = each.generate("", OPTIONS);
                        assertEquals(LENGTH - 1, nothing.reusedTokens());
                        assertEquals(alone, logProbabilities(nothing));
                        assertEquals(further, goOn(each, prompt(7, 8, 9), LENGTH));
                        goOn(each, Tiny.prompt(LENGTH - 1), 0); // whose last is to be read
                        goOn(each, new int[] {2}, 0);
                    }
                    restored.save(again);
                }
                assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(again));
            }
            open.assertUnchanged();
        }
    }

    /** Generates after a text that is read in passes up to these places. */
    private static List<LogProbabilities> inPasses(LanguageModel model, int... ends) {
        int[] ids = Tiny.prompt(LENGTH);
        List<LogProbabilities> tokens = new ArrayList<>();
        try (NDManager manager = NDManager.newBaseManager();
                DecodingState state = model.block().newState(manager)) {
            float[] logits = {};
            for (int end : ends) {
                int[] chunk = Arrays.copyOfRange(ids, state.position(), end);
                logits = logits(model.block(), manager, state, chunk);
            }
            while (true) {
                int next = LogProbabilities.of(logits, 0, 1).top().get(0).id();
                tokens.add(LogProbabilities.of(logits, next, 3));
                if (tokens.size() == 12) {
                    return tokens;
                }
                logits = logits(model.block(), manager, state, next);
            }
        }
    }

    private static float[] logits(
            CausalLanguageModel block, NDManager manager, DecodingState state, int... ids) {
        long[] chunk = Arrays.stream(ids).asLongStream().toArray();
        try (Step step = Step.of(manager, List.of(state), new int[] {ids.length});
                NDArray input = manager.create(chunk);
                NDArray x = block.forwardToLast(step, input, () -> {});
                NDArray logits = block.logits(x)) {
            return logits.toFloatArray();
        }
    }

    /** The second turn is longer than a pass, and than the windows. */
    @ParameterizedTest
    @CsvSource({"recurrentgemma, FLOAT32", "recurrentgemma_bf16, BFLOAT16"})
    void aReplyIsWrittenAnewBitForBit(String name, WeightFormat format) throws Exception {
        Path file = folder.resolve("chat");
        try (LanguageModel model = load(name, format)) {
            OpenResources open = OpenResources.of(model);
            List<Message> said;
            GenerationResult reply;
            try (Conversation conversation = model.conversation()) {
                conversation.send(Turn.of("Hello.", OPTIONS));
                reply = conversation.send(Turn.of("quick brown ".repeat(300), OPTIONS));
                said = conversation.messages();
                conversation.save(file);
                assertAnew(reply, conversation);
                assertAnew(reply, conversation);
            }
            try (Conversation conversation = model.conversation()) {
                conversation.send(Turn.of("Something else.", OPTIONS));
                conversation.restore(file);
                assertEquals(said, conversation.messages());
                assertAnew(reply, conversation);
                assertAnew(reply, conversation);
            }
            open.assertUnchanged();
        }
    }

    private static void assertAnew(GenerationResult reply, Conversation conversation)
            throws Exception {
        GenerationResult anew = conversation.regenerate(OPTIONS);
        assertTrue(reply.promptTokens() > 600, () -> reply.promptTokens() + " tokens");
        assertEquals(reply.promptTokens() - 1, anew.reusedTokens());
        assertEquals(reply.tokens(), anew.tokens());
    }

    /** A random model's tokens are seldom those of their text: then the reply is read again. */
    @ParameterizedTest
    @CsvSource({"recurrentgemma", "recurrentgemma_bf16"})
    void ofTextsThatBecomeOtherTokensTheReplyIsRead(String name) throws Exception {
        try (LanguageModel model = load(name, WeightFormat.FLOAT32);
                Conversation conversation = model.conversation()) {
            Chats chat = new Chats(model, conversation);
            int before = 0;
            int others = 0;
            for (int i = 0; i < 8; i++) {
                List<Message> asked = new ArrayList<>(conversation.messages());
                asked.add(Message.user("Fox number " + i));
                GenerationResult reply = conversation.send(Turn.of("Fox number " + i, OPTIONS));
                chat.assertFresh(asked, OPTIONS, reply);
                if (i > 0) {
                    int all = before + 11; // the last token was not read
                    others += reply.reusedTokens() == before - 1 ? 1 : 0;
                    assertTrue(
                            reply.reusedTokens() == before - 1 || reply.reusedTokens() == all,
                            () -> reply.reusedTokens() + " of " + all);
                }
                before = reply.promptTokens();
            }
            assertTrue(others > 0);
        }
    }

    /** The places of the last two turns are kept, and no more memory taken in the tenth. */
    @Test
    void editsGoBackToTheReplyBeforeThem() throws Exception {
        try (LanguageModel model = load("recurrentgemma", WeightFormat.FLOAT32);
                Conversation conversation = model.conversation()) {
            Chats chat = new Chats(model, conversation);
            GenerationOptions digits = Chats.endless(5).logitBias(Chats.onlyDigits(model)).build();
            NDManager manager = OpenResources.manager(model);
            List<Integer> prompts = new ArrayList<>();
            List<Integer> arrays = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                prompts.add(chat.turn("Fox number " + i, digits).promptTokens());
                arrays.add(manager.getManagedArrays().size());
            }
            assertEquals(arrays.get(2), arrays.get(9));

            assertEquals(prompts.get(8) - 1, edited(conversation, chat, 18, "One fox.", digits));
            assertEquals(prompts.get(8) - 1, edited(conversation, chat, 18, "Two.", digits));
            assertEquals(0, edited(conversation, chat, 4, "Three.", digits));
            assertTrue(manager.getManagedArrays().size() <= arrays.get(9));
        }
    }

    /** Says something else instead of a message, and returns how much was not read again. */
    private static int edited(
            Conversation conversation,
            Chats chat,
            int message,
            String text,
            GenerationOptions options)
            throws Exception {
        conversation.truncate(message);
        List<Message> asked = new ArrayList<>(conversation.messages());
        asked.add(Message.user(text));
        GenerationResult reply = conversation.send(Turn.of(text, options));
        chat.assertFresh(asked, options, reply);
        return reply.reusedTokens();
    }
}
