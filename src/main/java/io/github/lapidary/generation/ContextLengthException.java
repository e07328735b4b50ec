package io.github.lapidary.generation;

/** Tells that a prompt does not fit into the model's context. */
public final class ContextLengthException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    private final int promptTokens;
    private final int contextLength;

    /** Names both numbers. */
    public ContextLengthException(int promptTokens, int contextLength) {
        super(
                "The prompt has "
                        + promptTokens
                        + " tokens; the model's context holds "
                        + contextLength
                        + ".");
        this.promptTokens = promptTokens;
        this.contextLength = contextLength;
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
