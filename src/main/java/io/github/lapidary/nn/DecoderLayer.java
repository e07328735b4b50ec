package io.github.lapidary.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import io.github.lapidary.state.LayerState;

/**
 * A layer of a language model: one kernel call that maps the residual stream [..., M] to itself and
 * updates the layer's state.
 *
 * <p>Alone it takes [B, T, M], each of the B rows a sequence from its start.
 */
public abstract class DecoderLayer extends KernelBlock {

    /**
     * Makes an empty state for one sequence.
     *
     * @param manager what its arrays belong to
     * @param chunk how many tokens a pass brings at most
     */
    public abstract LayerState newState(NDManager manager, int chunk);

    /**
     * Returns the bytes that the state of a sequence takes, in the format of this layer.
     *
     * @param chunk how many tokens a pass brings at most
     * @param tokens the sequence's length, reached in full passes or one by one
     */
    public abstract long stateBytes(int chunk, int tokens);

    /**
     * Runs the layer.
     *
     * @param store where a trainer keeps copies of parameters; null for the parameters themselves
     * @param x the residual stream, [..., M] float32
     * @param step which rows belong to which sequence
     * @param index this layer's number, for its states in the step
     * @return the residual stream in the manager of x
     */
    public abstract NDArray forward(ParameterStore store, NDArray x, Step step, int index);

    @Override
    protected final NDList forwardInternal(
            ParameterStore store,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDArray x = single(inputs);
        try (Step step = Step.whole(x, training)) {
            return output(forward(store, x, step, 0), training);
        }
    }

    @Override
    public final Shape[] getOutputShapes(Shape[] inputShapes) {
        return inputShapes.clone();
    }
}
