package io.github.lapidary.nn;

import ai.djl.ndarray.NDManager;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.state.KeyValueCache;
import io.github.lapidary.state.LayerState;
import java.util.List;

/** A mixer that remembers the keys and values of tokens. */
abstract class CachedAttention extends TokenMixer {

    /**
     * Returns the sizes of what it remembers of a sequence.
     *
     * @param chunk how many tokens a pass brings at most
     */
    abstract KeyValueCache.Layout cacheLayout(int chunk);

    @Override
    protected final List<KernelMethod> stateMethods() {
        return KeyValueCache.methods();
    }

    @Override
    public final LayerState newState(NDManager manager, int chunk) {
        return new KeyValueCache(kernels(), manager, cacheLayout(chunk));
    }

    @Override
    public final long stateBytes(int chunk, int tokens) {
        return cacheLayout(chunk).bytes(tokens);
    }
}
