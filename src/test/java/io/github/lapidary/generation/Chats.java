package io.github.lapidary.generation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.lapidary.Golden;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.Tiny;
import io.github.lapidary.text.ChatPrompt;
import io.github.lapidary.text.Message;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Holds a conversation against fresh renderings of what was said. */
final class Chats {

    private final LanguageModel model;
    private final Conversation conversation;
    private int[] read = {};

    Chats(LanguageModel model, Conversation conversation) {
        this.model = model;
        this.conversation = conversation;
    }

    /** Returns a tiny checkpoint, a copy in the folder with a template if it has none. */
    static Path checkpoint(String name, Path folder) throws IOException {
        if (!name.startsWith("glam")) {
            return Tiny.path(name);
        }
        Path copy = Tiny.copy(name, folder.resolve(name), config -> {});
        Files.copy(
                Golden.path("chat/gemma1-it_gemma2-it.jinja"), copy.resolve("chat_template.jinja"));
        return copy;
    }

    /** Returns greedy options that end nowhere but after so many tokens. */
    static GenerationOptions.Builder endless(int tokens) {
        return GenerationOptions.builder().maxNewTokens(tokens).ignoreEos(true);
    }

    /**
     * Returns what forbids a tiny model all tokens but four digits, which its tokenizer never
     * merges: so the text of a reply becomes the tokens again that it was made of.
     */
    static Map<Integer, Float> onlyDigits(LanguageModel model) {
        Set<Integer> digits = new TreeSet<>();
        for (String digit : List.of("3", "5", "6", "8")) {
            digits.add(model.tokenizer().id(digit).orElseThrow());
        }
        Map<Integer, Float> bias = new HashMap<>();
        for (int id = 0; id < model.config().vocabSize(); id++) {
            if (!digits.contains(id)) {
                bias.put(id, Float.NEGATIVE_INFINITY);
            }
        }
        return bias;
    }

    /**
     * Runs a turn, and fails unless its reply is that of a fresh rendering and only those tokens
     * were read that the turns before had not.
     */
    GenerationResult turn(String text, GenerationOptions options) throws Exception {
        List<Message> messages = new ArrayList<>(conversation.messages());
        messages.add(Message.user(text));

        GenerationResult reply = conversation.send(Turn.of(text, options));

        assertEquals(promptTokensReused(messages), reply.reusedTokens());
        assertFresh(messages, options, reply);
        return reply;
    }

    /** Returns how many of the first tokens of a prompt the turns before have read. */
    private int promptTokensReused(List<Message> messages) throws Exception {
        int[] prompt = model.chatFormat().render(ChatPrompt.of(messages)).ids();
        int difference = Arrays.mismatch(read, prompt);
        return Math.min(difference < 0 ? read.length : difference, prompt.length - 1);
    }

    /** Fails unless a reply, the last message, is that of a fresh rendering. */
    void assertFresh(List<Message> messages, GenerationOptions options, GenerationResult reply)
            throws Exception {
        int[] prompt = model.chatFormat().render(ChatPrompt.of(messages)).ids();
        GenerationResult fresh =
                model.generate(List.of(new GenerationRequest(prompt, options))).get(0);
        assertArrayEquals(fresh.ids(), reply.ids());
        assertEquals(fresh.text(), reply.text());
        assertEquals(fresh.finishReason(), reply.finishReason());
        assertEquals(prompt.length, reply.promptTokens());
        List<Message> all = new ArrayList<>(messages);
        all.add(Message.assistant(reply.text()));
        assertEquals(all, conversation.messages());
        read = Arrays.copyOf(prompt, prompt.length + reply.completionTokens() - 1);
        System.arraycopy(reply.ids(), 0, read, prompt.length, reply.completionTokens() - 1);
        assertEquals(read.length, conversation.tokensRead());
    }
}
