package io.github.lapidary.generation;

import java.io.IOException;

/** Watches the scoring of a text; every method does nothing unless it is overridden. */
public interface ScoreListener {

    /** Does nothing. */
    ScoreListener NONE = new ScoreListener() {};

    /**
     * Tells how many tokens are scored.
     *
     * @param done how many so far
     * @param total how many there are
     */
    default void onProgress(int done, int total) {}

    /** Returns whether {@link #onLogits} is to be called, which costs time. */
    default boolean wantsLogits() {
        return false;
    }

    /**
     * Hands out the logits of a token, in the order of the text.
     *
     * @param index the token's place in the text; these are the logits of what follows it
     * @param logits one for each token of the vocabulary
     * @throws IOException ends the scoring
     */
    default void onLogits(int index, float[] logits) throws IOException {}
}
