package io.github.lapidary.generation;

import io.github.lapidary.file.MalformedFileException;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.state.DecodingState;
import io.github.lapidary.state.Snapshot;
import io.github.lapidary.text.ChatFormat;
import io.github.lapidary.text.ChatPrompt;
import io.github.lapidary.text.Message;
import io.github.lapidary.text.MessageFile;
import io.github.lapidary.text.TemplateException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * A conversation with a model: messages go in, replies come out, and what was said is remembered.
 *
 * <p>Each turn renders all messages anew with the chat template, so that a reply is what a fresh
 * rendering of the same messages would give. But the model reads only what it has not read in
 * earlier turns: the state they left is reused as far as the tokens agree. Messages may be edited
 * between turns; then the state goes back to where the edit begins, or if it is recurrent, to the
 * reply before that. A conversation can be saved with that state, and go on in another process.
 *
 * <p>A turn that ends by itself adds its messages and the reply. One that is cancelled, runs out of
 * time or whose stream is closed early keeps what was written so far as the reply; if nothing was,
 * the conversation stays as it was. So it does if a turn fails with an exception.
 *
 * <p>It may be used from several threads, but runs one turn at a time: another is refused until the
 * stream of the first has ended or was closed. Close a conversation to free its memory; closing the
 * model does so too.
 *
 * <pre>{@code
 * try (Conversation conversation = model.conversation()) {
 *     System.out.println(conversation.send("What is a lapidary?"));
 *     System.out.println(conversation.send("And what tools does one use?"));
 * }
 * }</pre>
 */
public final class Conversation implements AutoCloseable {

    private final Generator generator;
    private final ChatFormat format;
    private final ConversationOptions options;
    private final Object lock = new Object();
    private final ReusedState state;
    private volatile List<Message> messages;
    private boolean answering;
    private boolean edited; // the state may have read what the messages no longer hold
    private boolean closed;

    /**
     * Begins a conversation; it owns none of what it is given.
     *
     * @param generator ends a reply where the template ends a turn
     * @param format the model's
     */
    public Conversation(Generator generator, ChatFormat format, ConversationOptions options) {
        this.generator = generator;
        this.format = format;
        this.options = options;
        this.messages = options.system().map(Message::system).stream().toList();
        this.state = new ReusedState(generator::newState);
    }

    /** Returns what was said so far, the system prompt included. */
    public List<Message> messages() {
        return messages;
    }

    /** Returns how the conversation was begun. */
    public ConversationOptions options() {
        return options;
    }

    /** Returns how many tokens the model has read of the conversation and still remembers. */
    public int tokensRead() {
        synchronized (lock) {
            return state.position();
        }
    }

    /**
     * Says something as the user and returns the text of the reply.
     *
     * @throws ContextLengthException if the conversation leaves no room for a reply
     * @throws TemplateException if the chat template refuses the messages
     * @throws IllegalStateException if another turn runs, or the conversation or the model is
     *     closed
     */
    public String send(String text) throws TemplateException {
        return send(Turn.of(text, options.generation())).text();
    }

    /**
     * Runs a turn.
     *
     * @throws ContextLengthException if the conversation leaves no room for a reply
     * @throws IllegalArgumentException if there is nothing to reply to
     * @throws TemplateException if the chat template refuses the messages
     * @throws IllegalStateException if another turn runs, or the conversation or the model is
     *     closed
     */
    public GenerationResult send(Turn turn) throws TemplateException {
        try (TokenStream stream = stream(turn)) {
            return stream.result();
        }
    }

    /**
     * Starts a turn whose reply is written as its tokens are asked for; close the stream, which
     * ends the turn.
     *
     * @throws ContextLengthException if the conversation leaves no room for a reply
     * @throws IllegalArgumentException if there is nothing to reply to
     * @throws TemplateException if the chat template refuses the messages
     * @throws IllegalStateException if another turn runs, or the conversation or the model is
     *     closed
     */
    public TokenStream stream(Turn turn) throws TemplateException {
        synchronized (lock) {
            return begin(messages, turn);
        }
    }

    /**
     * Writes the last reply anew.
     *
     * @throws IllegalArgumentException if the last message is no reply
     * @throws TemplateException if the chat template refuses the messages
     * @throws IllegalStateException if a turn runs, or the conversation or the model is closed
     */
    public GenerationResult regenerate(GenerationOptions newOptions) throws TemplateException {
        try (TokenStream stream = streamAgain(new Turn(List.of(), newOptions))) {
            return stream.result();
        }
    }

    private TokenStream streamAgain(Turn turn) throws TemplateException {
        synchronized (lock) {
            if (messages.isEmpty() || !isReply(last(messages))) {
                throw new IllegalArgumentException("The last message is no reply.");
            }
            return begin(messages.subList(0, messages.size() - 1), turn);
        }
    }

    private TokenStream begin(List<Message> earlier, Turn turn) throws TemplateException {
        checkIdle();
        List<Message> asked = new ArrayList<>(earlier);
        asked.addAll(turn.messages());
        if (asked.isEmpty() || isReply(last(asked))) {
            throw new IllegalArgumentException("There is no message to reply to.");
        }
        int[] prompt = render(asked, true);
        if (prompt.length >= generator.contextLength()) {
            throw ContextLengthException.ofConversation(prompt.length, generator.contextLength());
        }
        GenerationRequest request =
                new GenerationRequest(prompt, turn.options(), turn.listener(), turn.cancellation());
        TokenStream stream = generator.stream(request, new Answer(asked));
        answering = true;
        return stream;
    }

    private int[] render(List<Message> all, boolean replyFollows) throws TemplateException {
        ChatPrompt prompt = new ChatPrompt(all, replyFollows, options.tools(), options.variables());
        try (KernelModule.Lease lease = generator.lease()) { // the tokenizer closes with the model
            return format.render(prompt, options.trusted()).ids();
        }
    }

    private static Message last(List<Message> some) {
        return some.get(some.size() - 1);
    }

    private static boolean isReply(Message message) {
        return message.role().equals("assistant");
    }

    /**
     * Puts other messages in place of all that was said.
     *
     * @throws IllegalStateException if a turn runs, or the conversation is closed
     */
    public void replace(List<Message> newMessages) {
        synchronized (lock) {
            checkIdle();
            set(List.copyOf(newMessages));
        }
    }

    /**
     * Keeps the first messages only.
     *
     * @throws IllegalArgumentException if there are fewer
     * @throws IllegalStateException if a turn runs, or the conversation is closed
     */
    public void truncate(int count) {
        synchronized (lock) {
            checkIdle();
            if (count < 0 || count > messages.size()) {
                throw new IllegalArgumentException(
                        "The conversation has "
                                + messages.size()
                                + " messages, not "
                                + count
                                + ".");
            }
            set(messages.subList(0, count));
        }
    }

    private void set(List<Message> newMessages) {
        int same = messages.size();
        edited |= newMessages.size() < same || !newMessages.subList(0, same).equals(messages);
        messages = newMessages;
    }

    /**
     * Saves the messages and what the model remembers of them, in place of what the file held; the
     * file never holds a part of it, and nothing of messages that were taken out.
     *
     * @throws IOException if the file cannot be written; the message names it
     * @throws IllegalArgumentException if a message is no Unicode text
     * @throws IllegalStateException if a turn runs, or the conversation or the model is closed
     */
    public void save(Path file) throws IOException {
        synchronized (lock) {
            checkIdle();
            if (edited) {
                forgetWhatWasTakenOut();
            }
            generator.saveState(state.snapshot(MessageFile.text(messages)), file);
        }
    }

    /** Goes back to where the messages depart from what the model has read. */
    private void forgetWhatWasTakenOut() {
        int[] kept = {};
        try {
            if (!messages.isEmpty()) {
                kept = render(messages, !isReply(last(messages)));
            }
        } catch (TemplateException e) {
            kept = new int[0]; // there is no telling what was read of them
        }
        state.continuing(kept);
        edited = false;
    }

    /**
     * Goes on with a conversation that was saved by the same model, in place of what was said here.
     * This one's options stay.
     *
     * @throws io.github.lapidary.file.MalformedFileException if the file holds no conversation with
     *     this model, in its format, or is damaged; the message says which, and nothing changes
     * @throws IOException if the file cannot be read; then nothing changes, either
     * @throws IllegalStateException if a turn runs, or the conversation or the model is closed
     */
    public void restore(Path file) throws IOException {
        synchronized (lock) {
            checkIdle();
            Snapshot restored = generator.restoreState(file);
            try {
                if (restored.note().isEmpty()) {
                    throw new MalformedFileException(
                            file, "it holds a text that was read, and no conversation.");
                }
                messages = MessageFile.parse(file, restored.note());
            } catch (IOException | RuntimeException e) {
                restored.close();
                throw e;
            }
            state.replace(restored);
            edited = false;
        }
    }

    private void checkIdle() {
        checkOpen();
        if (answering) {
            throw new IllegalStateException(
                    "The conversation is answering; end or close the stream of that turn first.");
        }
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("The conversation was closed.");
        }
    }

    /** Frees the memory, and ends a turn that still runs with an {@link IllegalStateException}. */
    @Override
    public void close() {
        synchronized (lock) {
            closed = true;
            state.close();
        }
    }

    /** The reply of one turn, in the making. */
    private final class Answer implements StateOwner {

        private final List<Message> asked;
        private int lastOfPrompt;
        private DecodingState lent;

        Answer(List<Message> asked) {
            this.asked = asked;
        }

        @Override
        public DecodingState lend(int[] prompt) {
            lastOfPrompt = prompt.length - 1;
            lent = state.continuing(prompt);
            edited = false;
            return lent;
        }

        /** To write the reply anew, or read another rendering of it, begins there. */
        @Override
        public boolean wantsLastAlone(DecodingState lentState) {
            return !lentState.goesBack();
        }

        @Override
        public boolean keepsText() {
            return true;
        }

        @Override
        public <T> T run(Supplier<T> pass) {
            synchronized (lock) {
                checkOpen();
                if (lent.position() == lastOfPrompt) {
                    state.keepPlace();
                }
                return pass.get();
            }
        }

        @Override
        public void takeBack(Sequence sequence, boolean failed) {
            synchronized (lock) {
                answering = false;
                if (closed) {
                    return;
                }
                state.hasRead(sequence.read());
                if (!failed && (sequence.endedByItself() || !sequence.text().isEmpty())) {
                    List<Message> said = new ArrayList<>(asked);
                    said.add(Message.assistant(sequence.text()));
                    messages = List.copyOf(said);
                }
            }
        }
    }
}
