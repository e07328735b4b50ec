package io.github.lapidary.nn;

import ai.djl.Device;
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

    private static final int CHUNK = 512;

    /** Makes a layer without parameters or children. */
    protected DecoderLayer() {}

    /** Returns how many tokens of a sequence a pass should bring at most, for speed. */
    public int chunk() {
        return CHUNK;
    }

    /** Returns the block that brings tokens together. */
    protected abstract TokenMixer mixer();

    /** Returns the kernel of the whole layer, made by {@link #rows}. */
    protected abstract KernelMethod layer();

    /**
     * Ends the description of a layer's kernel, begun by {@link TokenMixer#method}, with which rows
     * leave it; it can be recomputed.
     */
    protected static KernelMethod rows(KernelMethod.Builder method) {
        return method.integers("rows").recomputed().build();
    }

    @Override
    protected final List<KernelMethod> methods() {
        return List.of(layer(), adding());
    }

    @Override
    final KernelMethod adding() {
        return layer().adding();
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
     * @param rows the rows that are wanted, for the last layer of a model; none for all
     * @return the residual stream in the manager of x, or the rows wanted of it [n, M]
     */
    public final NDArray forward(
            ParameterStore store, NDArray x, Step step, int index, long... rows) {
        KernelCall call =
                addArguments(call(layer()).tensor(x), store, x.getDevice(), step, index, rows);
        NDArray y = step.run(() -> run(call, x.getManager(), step.isTraining()), index, rows);
        step.routing().report(index);
        return y;
    }

    /**
     * Runs the layer in training, for {@link #gradients}; autograd must record in this thread.
     *
     * @return the residual stream, then what else its way back needs; the caller closes all
     */
    public final List<NDArray> recorded(TrainingStore store, NDArray x, Step step, int index) {
        KernelCall call = addArguments(call(layer()).tensor(x), store, x.getDevice(), step, index);
        return step.run(() -> call.recorded(x.getManager()), index);
    }

    /** Adds to a call what the kernel of this layer takes after the stream. */
    final KernelCall addArguments(
            KernelCall call,
            ParameterStore store,
            Device device,
            Step step,
            int index,
            long... rows) {
        call.weights(weights(store, device, step.isTraining()))
                .states(step.states(index))
                .integers(step.spans(index));
        mixer().addTables(call, step);
        return addRouting(call, step, index, rows.length == 0 ? step.rows() : rows.length)
                .integers(rows);
    }

    /**
     * Adds what the kernel of a layer with experts takes after the tables of its mixer.
     *
     * @param index this layer's number
     * @param rows how many tokens its experts are given
     */
    protected KernelCall addRouting(KernelCall call, Step step, int index, long rows) {
        return call;
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
        KernelCall call = addArguments(call(layer()).tensor(x), store, x.getDevice(), step, index);
        return step.run(() -> call.gradients(dy, sums(store), x.getManager()), index);
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
