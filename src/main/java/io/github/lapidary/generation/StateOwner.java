package io.github.lapidary.generation;

import io.github.lapidary.state.DecodingState;
import java.util.function.Supplier;

/** Whose state a generation runs in: its own, or one that outlives it. */
interface StateOwner {

    /**
     * Returns the state for a generation, which may have read the first tokens of the prompt, but
     * not the last.
     */
    DecodingState lend(int[] prompt);

    /**
     * Returns whether a prompt's last token is to be read by itself, so that the owner sees the
     * state before it.
     */
    boolean wantsLastAlone(DecodingState state);

    /** Returns whether it has to know what was written in the end, whatever the options keep. */
    boolean keepsText();

    /** Runs a pass through the model while nothing else happens to the state. */
    <T> T run(Supplier<T> pass);

    /**
     * Hears, once, that the generation is over.
     *
     * @param sequence what became of it; it is unfinished if its stream was closed
     * @param failed whether it ended with an exception
     */
    void takeBack(Sequence sequence, boolean failed);
}
