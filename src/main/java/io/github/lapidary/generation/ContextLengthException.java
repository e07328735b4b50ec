package io.github.lapidary.generation;

/** Tells that a prompt, or a conversation with room for a reply, exceeds the model's context. */
public final class ContextLengthException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    private final int promptTokens;
    private final int contextLength;

    /** Names both numbers. */
    public ContextLengthException(int promptTokens, int contextLength) {
        this(
                "The prompt has "
                        + promptTokens
                        + " tokens; the model's context holds "
                        + contextLength
                        + ".",
                promptTokens,
                contextLength);
    }

    private ContextLengthException(String message, int promptTokens, int contextLength) {
        super(message);
        this.promptTokens = promptTokens;
        this.contextLength = contextLength;
    }

    /** Tells that a conversation leaves no room for a reply. */
    static ContextLengthException ofConversation(int promptTokens, int contextLength) {
        return new ContextLengthException(
                "With this message the conversation has "
                        + promptTokens
                        + " tokens; the model's context holds "
                        + contextLength
                        + ", the reply included.",
                promptTokens,
                contextLength);
    }

    /** Returns how many tokens the prompt has. */
    public int promptTokens() {
        return promptTokens;
    }

    /** Returns how many tokens the context holds. */
    public int contextLength() {
        return contextLength;
    }
}
