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

    /** Returns a copy whose arrays belong to the manager. */
    LayerState fork(NDManager manager);

    /** Returns whether {@link #truncate} can go back to so many tokens. */
    boolean canTruncate(int tokens);

    /**
     * Forgets all but the first tokens of the sequence.
     *
     * @throws IllegalStateException if the state no longer holds what that needs
     */
    void truncate(int tokens);
}
