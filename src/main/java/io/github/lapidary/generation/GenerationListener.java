package io.github.lapidary.generation;

/**
 * Watches a generation; every method does nothing unless it is overridden.
 *
 * <p>Calls come in the order of events, on the thread that generates, which holds no lock
 * meanwhile: other threads may use the model and the conversation. An exception ends the
 * generation, and this hears no more; it is thrown at once by a stream, and by what generates for
 * several prompts once the others have ended.
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
     * Tells that text became certain; it is never empty and never ends within a character: one that
     * is unfinished when the generation ends leaves no trace.
     *
     * <p>All such texts joined are the result's text. It also brings what was held back when a
     * cancellation or a deadline ends the generation, which no token does.
     */
    default void onText(String text) {}

    /** Tells that the generation ended; the last call. */
    default void onFinish(GenerationResult result) {}
}
