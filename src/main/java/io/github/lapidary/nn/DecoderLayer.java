package io.github.lapidary.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import io.github.lapidary.kernel.KernelCall;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.state.LayerState;
import java.util.List;

/**
 * A layer of a language model: one kernel call that maps the residual stream [..., M] to itself and
 * updates the layer's state, which is that of its mixer.
 *
 * <p>Alone it takes [B, T, M], each of the B rows a sequence from its start.
 */
public abstract class DecoderLayer extends KernelBlock {

    /** Makes a layer without parameters or children. */
    protected DecoderLayer() {}

    /** Returns the block that brings tokens together. */
    protected abstract TokenMixer mixer();

    /**
     * Returns the kernel of the whole layer, described by {@link TokenMixer#method}; it can be
     * recomputed.
     */
    protected abstract KernelMethod layer();

    @Override
    protected final List<KernelMethod> methods() {
        return List.of(layer());
    }

    /**
     * Makes an empty state for one sequence.
     *
     * @param manager what its arrays belong to
     * @param chunk how many tokens a pass brings at most
     */
    public final LayerState newState(NDManager manager, int chunk) {
        return mixer().newState(manager, chunk);
    }

    /**
     * Returns the bytes that the state of a sequence takes, in the format of this layer.
     *
     * @param chunk how many tokens a pass brings at most
     * @param tokens the sequence's length, reached in full passes or one by one
     */
    public final long stateBytes(int chunk, int tokens) {
        return mixer().stateBytes(chunk, tokens);
    }

    /**
     * Runs the layer.
     *
     * @param store where a trainer keeps copies of parameters; null for the parameters themselves
     * @param x the residual stream, [..., M] float32
     * @param step which rows belong to which sequence
     * @param index this layer's number, for its states in the step
     * @return the residual stream in the manager of x
     */
    public final NDArray forward(ParameterStore store, NDArray x, Step step, int index) {
        return run(call(store, x, step, index), x.getManager(), step.isTraining());
    }

    private KernelCall call(ParameterStore store, NDArray x, Step step, int index) {
        KernelCall call =
                call(layer())
                        .tensor(x)
                        .weights(weights(store, x.getDevice(), step.isTraining()))
                        .states(step.states(index))
                        .integers(step.spans(index));
        return mixer().addTables(call, step);
    }

    /**
     * Runs the layer again, and adds the gradients of its weights.
     *
     * @param x what it was run on
     * @param dy the gradient of what it gave
     * @return the gradient of x
     */
    public final NDArray recomputedGradients(
            TrainingStore store, NDArray x, NDArray dy, Step step, int index) {
        return call(store, x, step, index).gradients(dy, sums(store), x.getManager());
    }

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
