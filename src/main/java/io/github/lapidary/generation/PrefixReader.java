package io.github.lapidary.generation;

import ai.djl.ndarray.NDManager;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.nn.RoutingListener;
import io.github.lapidary.nn.Step;
import io.github.lapidary.nn.TokenRoute;
import io.github.lapidary.state.DecodingState;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;

/** Lets a model read a text without writing one. */
record PrefixReader(CausalLanguageModel model, NDManager manager, Cancellation cancellation) {

    /** What a model does with a chunk of a text. */
    private interface Pass {
        void run(Step step, long[] ids, NDManager scope);
    }

    /**
     * Reads tokens chunk by chunk; the model may be closed in between. Of a state that cannot go
     * back by itself, the place before the last token is kept: what follows that is asked for anew
     * when the text alone is to be continued.
     */
    void read(ReusedState owner, int[] ids) {
        DecodingState state = owner.continuing(ids);
        if (!state.goesBack()) {
            read(state, Arrays.copyOf(ids, ids.length - 1));
            owner.keepPlace();
        }
        read(state, Arrays.copyOfRange(ids, state.position(), ids.length));
        owner.hasRead(ids);
    }

    private void read(DecodingState state, int[] ids) {
        for (int from = 0; from < ids.length; from += model.chunk()) {
            run(
                    state,
                    chunk(ids, from),
                    (step, chunk, scope) ->
                            model.forwardToLast(step, scope.create(chunk), this::checkCancelled));
        }
    }

    /** The same; between chunks a listener is told to which experts all tokens were sent. */
    void route(DecodingState state, int[] ids, RoutingListener listener) {
        for (int from = 0; from < ids.length; from += model.chunk()) {
            Map<Integer, List<TokenRoute>> heard = new LinkedHashMap<>();
            run(
                    state,
                    chunk(ids, from),
                    (step, chunk, scope) -> {
                        step.listen(heard::put);
                        model.forward(step, scope.create(chunk), this::checkCancelled);
                    });
            heard.forEach(listener::routed); // which may close the model
        }
    }

    private long[] chunk(int[] ids, int from) {
        int to = Math.min(ids.length, from + model.chunk());
        return Arrays.stream(ids, from, to).asLongStream().toArray();
    }

    private void run(DecodingState state, long[] chunk, Pass pass) {
        try (KernelModule.Lease lease = model.lease();
                NDManager scope = manager.newSubManager();
                Step step = Step.of(scope, List.of(state), new int[] {chunk.length})) {
            pass.run(step, chunk, scope);
        }
    }

    private void checkCancelled() {
        if (cancellation.isCancelled() || Thread.currentThread().isInterrupted()) {
            throw new CancellationException("The reading was cancelled.");
        }
    }
}
