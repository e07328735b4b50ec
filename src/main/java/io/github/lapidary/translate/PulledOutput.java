package io.github.lapidary.translate;

import ai.djl.inference.streaming.StreamingTranslator.StreamOutput;
import java.util.function.Supplier;

/** An output whose generation starts when it is asked for, and runs as its parts are. */
final class PulledOutput<O> extends StreamOutput<O> {

    private final Supplier<O> start;

    PulledOutput(Supplier<O> start) {
        this.start = start;
    }

    @Override
    public O getIterativeOutputInternal() {
        return start.get();
    }

    @Override
    protected O buildAsyncOutput() {
        throw new UnsupportedOperationException(
                "The output runs as its parts are asked for: take the iterative one.");
    }

    @Override
    protected void computeAsyncOutputInternal(O output) {
        throw new IllegalStateException("There is no asynchronous output.");
    }
}
