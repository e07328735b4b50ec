package io.github.lapidary.state;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/**
 * What one layer remembers of one sequence.
 *
 * <p>A kernel updates its arrays in place. A pass through the model first calls {@link #reserve},
 * then runs the layer, and at its end {@link #advance}; a pass that fails in between leaves the
 * state as it was.
 */
public interface LayerState {

    /** Makes room for so many further tokens. */
    void reserve(int tokens);

    /** Returns the place in the arrays that the layer's kernel goes on from. */
    int place();

    /** Makes what a layer has written of so many tokens part of the state. */
    void advance(int tokens);

    /** Returns the arrays, in the order in which the layer's kernel takes them. */
    List<NDArray> arrays();

    /**
     * Returns what a saved state must hold for the layer to go on from it bit for bit; a part of
     * the {@link #arrays} at most.
     */
    List<StateArray> saved();

    /**
     * Returns the numbers that say, together with the number of tokens, where everything lies in
     * the arrays; none if that is always the same.
     */
    int[] arrangement();

    /**
     * Arranges an empty state as another one was, so that the same parts are {@link #saved}. What
     * these then hold is undefined until it is written.
     *
     * @param tokens how many tokens the other one had read
     * @param arrangement the other one's {@link #arrangement()}
     * @throws IllegalArgumentException if no state of this layer is arranged so
     */
    void arrange(int tokens, int[] arrangement);

    /** Returns a copy whose arrays belong to the manager. */
    LayerState fork(NDManager manager);

    /**
     * Returns whether it can go back by a token wherever it is; otherwise only a {@link #fork}
     * brings an earlier place back.
     */
    boolean goesBack();

    /** Returns whether {@link #truncate} can go back to so many tokens. */
    boolean canTruncate(int tokens);

    /**
     * Forgets all but the first tokens of the sequence.
     *
     * @throws IllegalStateException if the state no longer holds what that needs
     */
    void truncate(int tokens);
}
