package io.github.lapidary.generation;

import ai.djl.ndarray.NDManager;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.nn.Step;
import io.github.lapidary.state.DecodingState;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;

/** Lets a model read a text without writing one. */
record PrefixReader(CausalLanguageModel model, NDManager manager, Cancellation cancellation) {

    /** Reads tokens chunk by chunk; the model may be closed in between. */
    void read(DecodingState state, int[] ids) {
        for (int from = 0; from < ids.length; from += model.chunk()) {
            int to = Math.min(ids.length, from + model.chunk());
            try (KernelModule.Lease lease = model.lease();
                    NDManager scope = manager.newSubManager();
                    Step step = Step.of(scope, List.of(state), new int[] {to - from})) {
                long[] chunk = Arrays.stream(ids, from, to).asLongStream().toArray();
                model.forwardToLast(step, scope.create(chunk), this::checkCancelled);
            }
        }
    }

    private void checkCancelled() {
        if (cancellation.isCancelled() || Thread.currentThread().isInterrupted()) {
            throw new CancellationException("The reading was cancelled.");
        }
    }
}
