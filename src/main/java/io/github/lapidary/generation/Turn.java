package io.github.lapidary.generation;

import io.github.lapidary.text.Message;
import java.util.List;

/**
 * What one turn of a {@link Conversation} asks for.
 *
 * @param messages what is said; usually one message of the user, or the results of tools, or
 *     nothing if the conversation already ends with what is to be answered
 * @param options how the reply is generated
 * @param listener hears of its progress
 * @param cancellation ends the reply from outside
 */
public record Turn(
        List<Message> messages,
        GenerationOptions options,
        GenerationListener listener,
        Cancellation cancellation) {

    /** Makes the list immutable. */
    public Turn {
        messages = List.copyOf(messages);
    }

    /** Describes a turn that nobody watches or cancels. */
    public Turn(List<Message> messages, GenerationOptions options) {
        this(messages, options, new GenerationListener() {}, new Cancellation());
    }

    /** Describes a turn in which the user says something. */
    public static Turn of(String text, GenerationOptions options) {
        return new Turn(List.of(Message.user(text)), options);
    }
}
