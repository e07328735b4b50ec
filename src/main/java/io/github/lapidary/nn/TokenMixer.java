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
import java.util.ArrayList;
import java.util.List;

/**
 * A block through which the tokens of a sequence learn of those before them, [..., M] to [..., M],
 * and which may remember what it has seen.
 *
 * <p>Alone it takes [B, T, M], each of the B rows a sequence from its start.
 */
public abstract class TokenMixer extends KernelBlock {

    /** Makes a block without parameters or children. */
    protected TokenMixer() {}

    /**
     * Starts the description of a kernel function that takes a layer's weights and this block's
     * numbers; a layer may add its own.
     */
    public KernelMethod.Builder method(String function, List<Integer> weightGroups) {
        return KernelMethod.of(function)
                .tensor("x")
                .weights("w", weightGroups)
                .states("s")
                .integers("spans");
    }

    /** Returns the kernel of this block alone. */
    protected abstract KernelMethod alone();

    /** Returns the methods that its states call. */
    protected abstract List<KernelMethod> stateMethods();

    @Override
    protected final List<KernelMethod> methods() {
        List<KernelMethod> methods = new ArrayList<>(stateMethods());
        methods.add(alone());
        return methods;
    }

    /** Adds to a call what this block's kernels take after the spans. */
    protected KernelCall addTables(KernelCall call, Step step) {
        return call;
    }

    /**
     * Makes an empty state for one sequence.
     *
     * @param manager what its arrays belong to
     * @param chunk how many tokens a pass brings at most
     */
    public abstract LayerState newState(NDManager manager, int chunk);

    /**
     * Returns the bytes that the state of a sequence takes, in the format of this block.
     *
     * @param chunk how many tokens a pass brings at most
     * @param tokens the sequence's length, reached in full passes or one by one
     */
    public abstract long stateBytes(int chunk, int tokens);

    @Override
    protected final NDList forwardInternal(
            ParameterStore store,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDArray x = single(inputs);
        try (Step step = Step.whole(x, training)) {
            KernelCall call =
                    call(alone())
                            .tensor(x)
                            .weights(weights(store, x.getDevice(), training))
                            .states(step.states(0))
                            .integers(step.spans(0));
            return output(run(addTables(call, step), x.getManager(), training), training);
        }
    }

    @Override
    public final Shape[] getOutputShapes(Shape[] inputShapes) {
        return inputShapes.clone();
    }
}
