package io.github.lapidary.cli;

import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.generation.Cancellation;
import io.github.lapidary.generation.Conversation;
import io.github.lapidary.generation.GenerationResult;
import io.github.lapidary.generation.Turn;
import io.github.lapidary.text.Message;
import io.github.lapidary.text.MessageFile;
import io.github.lapidary.text.TemplateException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** What the lines of a chat do: say something to the model, or ask something of the program. */
final class ChatSession {

    private static final String SYSTEM = "system";

    private final Conversation conversation;
    private final int contextLength;
    private final Console console;
    private final ChatScreen screen;
    private final Set<Path> ownFiles = new HashSet<>();
    private Optional<GenerationResult> lastReply = Optional.empty();

    ChatSession(Conversation conversation, int contextLength, Console console, ChatScreen screen) {
        this.conversation = conversation;
        this.contextLength = contextLength;
        this.console = console;
        this.screen = screen;
    }

    /**
     * Does what a line asks.
     *
     * @return whether the chat goes on
     * @throws IllegalArgumentException if there is no such command, or no room for a reply
     * @throws IOException if the chat template refuses the message, or a file cannot be used
     */
    boolean take(String line, Cancellation cancellation) throws IOException {
        if (line.isBlank()) {
            return true;
        }
        if (!line.startsWith("/")) {
            say(line, cancellation);
            return true;
        }
        if (line.startsWith("//")) {
            say(line.substring(1), cancellation);
            return true;
        }
        ChatAction action = ChatAction.of(line);
        run(action, action.argument(line));
        return action != ChatAction.EXIT;
    }

    /** Says something to the model and shows the reply. */
    void say(String text, Cancellation cancellation) throws TemplateException {
        try (Progress reading = console.progress("Reading")) {
            Turn turn =
                    new Turn(
                            List.of(Message.user(text)),
                            conversation.options().generation(),
                            new ReplyListener(reading, screen::write),
                            cancellation);
            GenerationResult reply = conversation.send(turn);
            lastReply = Optional.of(reply);
            screen.end(reply);
        }
    }

    private void run(ChatAction action, String argument) throws IOException {
        switch (action) {
            case RESET -> {
                conversation.replace(
                        conversation.messages().stream().filter(this::isSystem).toList());
                screen.tell("The conversation begins anew.");
            }
            case SYSTEM -> system(argument);
            case SAVE -> save(path(argument));
            case LOAD -> load(path(argument));
            case STATS -> screen.tell(stats());
            case HELP -> screen.tell(ChatAction.help());
            case EXIT -> {} // the caller ends
        }
    }

    private boolean isSystem(Message message) {
        return message.role().equals(SYSTEM);
    }

    /** Sets the system prompt, or removes it if the text is empty. */
    private void system(String text) {
        replaceSystem(text);
        screen.tell(
                text.isEmpty() ? "There is no system prompt now." : "The system prompt is set.");
    }

    /** Puts a text in place of the system prompt, if it is not empty. */
    void replaceSystem(String text) {
        List<Message> messages = new ArrayList<>(conversation.messages());
        messages.removeIf(this::isSystem);
        if (!text.isEmpty()) {
            messages.add(0, Message.system(text));
        }
        conversation.replace(messages);
    }

    private static Path path(String argument) {
        return argument.startsWith("~/")
                ? Path.of(System.getProperty("user.home"), argument.substring(2))
                : Path.of(argument);
    }

    /** Saves the messages, but over no file that this chat does not know. */
    private void save(Path file) throws IOException {
        if (Files.exists(file) && !ownFiles.contains(file.toRealPath())) {
            throw new FileAlreadyExistsException(
                    file.toString(), null, "it exists already and is not replaced");
        }
        MessageFile.write(file, conversation.messages());
        ownFiles.add(file.toRealPath());
        screen.tell(count(conversation.messages().size(), "message") + " saved in " + file + ".");
    }

    /** Puts the messages of a file in place of all that was said. */
    void load(Path file) throws IOException {
        List<Message> messages = MessageFile.read(file);
        conversation.replace(messages);
        ownFiles.add(file.toRealPath());
        screen.tell(count(messages.size(), "message") + " loaded from " + file + ".");
    }

    private String stats() {
        int read = conversation.tokensRead();
        String context =
                contextLength == ModelConfig.UNLIMITED
                        ? "context: %s used, without end".formatted(count(read, "token"))
                        : "context: %d of %d tokens used".formatted(read, contextLength);
        return lastReply.map(reply -> stats(reply) + "\n" + context).orElse(context);
    }

    private static String stats(GenerationResult reply) {
        int read = reply.promptTokens() - reply.reusedTokens();
        int written = reply.completionTokens();
        // The first token comes out of reading.
        return "last turn: %s read%s, %d remembered, %s written%s"
                .formatted(
                        count(read, "token"),
                        speed(read, reply.prefillSeconds()),
                        reply.reusedTokens(),
                        count(written, "token"),
                        speed(written - 1, reply.decodeSeconds()));
    }

    private static String speed(int tokens, double seconds) {
        return tokens > 0 && seconds > 0
                ? String.format(
                        Locale.ROOT, " in %.2f s (%.1f tokens/s)", seconds, tokens / seconds)
                : "";
    }

    private static String count(int number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }
}
