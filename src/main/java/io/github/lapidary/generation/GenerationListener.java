package io.github.lapidary.generation;

/**
 * Watches a generation; every method does nothing unless it is overridden.
 *
 * <p>Calls come in the order of events, on the thread that generates.
 */
public interface GenerationListener {

    /**
     * Tells that a part of the prompt has been read.
     *
     * @param tokensRead how many of its tokens the model has read so far, those of earlier turns of
     *     a conversation included
     * @param promptTokens how many it has
     */
    default void onPrefill(int tokensRead, int promptTokens) {}

    /** Tells that a token was generated. */
    default void onToken(GeneratedToken token) {}

    /**
     * Tells that text became certain; it is never empty and never ends within a character.
     *
     * <p>All such texts joined are the result's text. It also brings what was held back when a
     * cancellation or a deadline ends the generation, which no token does.
     */
    default void onText(String text) {}

    /** Tells that the generation ended; the last call. */
    default void onFinish(GenerationResult result) {}
}
