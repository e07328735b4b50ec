package io.github.lapidary.state;

import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.function.Function;

/**
 * One sequence: what every layer of a model remembers of it.
 *
 * <p>It belongs to one generation and is not safe for use by several threads at once. Close it to
 * free its memory; closing the model does so too.
 */
public final class DecodingState implements AutoCloseable {

    private final NDManager manager;
    private final List<LayerState> layers;
    private int position;

    /**
     * Makes an empty sequence.
     *
     * @param parent the manager that closes the sequence's memory with itself
     * @param layers makes the layers' states in the manager given
     */
    public DecodingState(NDManager parent, Function<NDManager, List<LayerState>> layers) {
        manager = parent.newSubManager();
        try {
            this.layers = List.copyOf(layers.apply(manager));
        } catch (RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    /** Returns how many tokens the sequence has. */
    public int position() {
        return position;
    }

    /** Returns the state of a layer, counted from 0. */
    public LayerState layer(int index) {
        return layers.get(index);
    }

    /** Returns the states of all layers, first layer first. */
    List<LayerState> layers() {
        return layers;
    }

    /** Returns a manager for what is needed for a while; the caller closes it. */
    NDManager newScope() {
        return manager.newSubManager();
    }

    /**
     * Arranges an empty sequence as another one was, whose arrays are then to be filled in.
     *
     * @param arrangements of the other one's layers
     * @throws IllegalArgumentException if the sequences of this model are never arranged so
     */
    void arrange(int tokens, List<int[]> arrangements) {
        for (int i = 0; i < layers.size(); i++) {
            layers.get(i).arrange(tokens, arrangements.get(i));
        }
        position = tokens;
    }

    /** Makes room for so many further tokens in every layer. */
    public void reserve(int tokens) {
        layers.forEach(layer -> layer.reserve(tokens));
    }

    /** Counts tokens that all layers have written. */
    public void advance(int tokens) {
        layers.forEach(layer -> layer.advance(tokens));
        position += tokens;
    }

    /** Returns a sequence that goes on from here on its own; the caller closes it. */
    public DecodingState fork() {
        DecodingState copy =
                new DecodingState(
                        manager.getParentManager(),
                        target -> layers.stream().map(layer -> layer.fork(target)).toList());
        copy.position = position;
        return copy;
    }

    /**
     * Returns whether it can go back by a token wherever it is. Where it cannot, whoever wants to
     * return to a place makes a {@link #fork} there.
     */
    public boolean goesBack() {
        return layers.stream().allMatch(LayerState::goesBack);
    }

    /** Returns whether every layer can go back to so many tokens. */
    public boolean canTruncate(int tokens) {
        return layers.stream().allMatch(layer -> layer.canTruncate(tokens));
    }

    /**
     * Goes back to the first tokens of the sequence.
     *
     * @throws IllegalStateException if a layer no longer holds what that needs; then nothing has
     *     changed
     */
    public void truncate(int tokens) {
        if (!canTruncate(tokens)) {
            throw new IllegalStateException(
                    "The sequence has "
                            + position
                            + " tokens and cannot go back to "
                            + tokens
                            + ".");
        }
        layers.forEach(layer -> layer.truncate(tokens));
        position = tokens;
    }

    @Override
    public void close() {
        manager.close();
    }
}
