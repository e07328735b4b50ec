package io.github.lapidary.nn;

import ai.djl.ndarray.NDManager;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.state.LayerState;
import io.github.lapidary.state.RecurrentState;
import java.util.List;

/** A mixer whose state does not grow with the sequence. */
abstract class RecurrentBlock extends TokenMixer {

    /** Returns what it remembers, in the order in which its kernel takes it. */
    abstract List<RecurrentState.Part> stateParts();

    @Override
    protected final List<KernelMethod> stateMethods() {
        return RecurrentState.methods();
    }

    @Override
    public final LayerState newState(NDManager manager, int chunk) {
        return new RecurrentState(kernels(), manager, stateParts());
    }

    @Override
    public final long stateBytes(int chunk, int tokens) {
        return stateParts().stream().mapToLong(RecurrentState.Part::bytes).sum();
    }
}
