package io.github.lapidary.cli;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.nn.Step;
import io.github.lapidary.state.DecodingState;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;

/**
 * The speed of a model: the time of its passes and of choosing the likeliest token, without
 * tokenizer and stop rules.
 */
final class Benchmark {

    private static final int WARM_UP = 16;
    private static final int WARM_UP_STEPS = 8;
    private static final double WARM_UP_SECONDS = 1;
    private static final int FIRST_PLAIN_ID = 1000; // past control tokens and bytes
    private static final int LAST_ID = 200_000;

    private final NDManager manager;
    private final CausalLanguageModel model;

    Benchmark(BareModel model) {
        this.manager = model.manager();
        this.model = model.block();
    }

    /** Is told of each part of a run that is done. */
    interface RunListener {

        /** A listener that does nothing. */
        RunListener NONE =
                new RunListener() {
                    @Override
                    public void read(int tokens) {}

                    @Override
                    public void stepped() {}
                };

        /** So many tokens of the prompt were read. */
        void read(int tokens);

        /** A token was added, and the next chosen; the time of this call is not measured. */
        void stepped();
    }

    /** Returns whether the model's context has room for so many tokens. */
    boolean fits(int tokens) {
        return tokens <= model.config().maxPositionEmbeddings();
    }

    /** Runs the model for a second, so that memory is taken and Java's code compiled. */
    void warmUp() {
        long start = System.nanoTime();
        do {
            run(WARM_UP, WARM_UP_STEPS, RunListener.NONE);
        } while (secondsSince(start) < WARM_UP_SECONDS);
    }

    /** Returns the tokens a second of a prompt of so many, up to the token chosen after it. */
    double prefill(int tokens) {
        return run(tokens, 0, RunListener.NONE).prefillSpeed();
    }

    /** Returns the tokens a second of so many steps after a prompt, whose time is left out. */
    double decode(int after, int steps) {
        return run(after, steps, RunListener.NONE).decodeSpeed(steps);
    }

    /**
     * Reads a prompt, then adds the likeliest token so many times.
     *
     * @throws CancellationException if the thread is interrupted
     */
    SpeedRun run(int prompt, int steps, RunListener listener) {
        try (DecodingState state = model.newState(manager)) {
            int[] ids = prompt(prompt);
            long start = System.nanoTime();
            int token = read(state, ids, listener);
            double promptSeconds = secondsSince(start);
            double[] stepSeconds = new double[steps];
            for (int i = 0; i < steps; i++) {
                start = System.nanoTime();
                token = pass(state, new long[] {token}, true);
                stepSeconds[i] = secondsSince(start);
                listener.stepped();
            }
            return new SpeedRun(prompt, promptSeconds, stepSeconds);
        }
    }

    /** Returns random ids, always the same, of which a shorter prompt has the first. */
    private int[] prompt(int tokens) {
        int vocabulary = model.config().vocabSize();
        int first = vocabulary > FIRST_PLAIN_ID ? FIRST_PLAIN_ID : 0;
        return new SplittableRandom(1).ints(tokens, first, Math.min(LAST_ID, vocabulary)).toArray();
    }

    /** Lets a sequence read a prompt and returns the likeliest token after it. */
    private int read(DecodingState state, int[] tokens, RunListener listener) {
        int next = 0;
        for (int from = 0; from < tokens.length; from += model.chunk()) {
            int to = Math.min(tokens.length, from + model.chunk());
            long[] chunk = Arrays.stream(tokens, from, to).asLongStream().toArray();
            next = pass(state, chunk, to == tokens.length);
            listener.read(chunk.length);
        }
        return next;
    }

    /**
     * Lets a sequence read a chunk and returns the likeliest token after it, if it is asked for.
     */
    private int pass(DecodingState state, long[] chunk, boolean choose) {
        try (NDManager scope = manager.newSubManager();
                Step step = Step.of(scope, List.of(state), new int[] {chunk.length})) {
            NDArray x = model.forwardToLast(step, scope.create(chunk), Benchmark::checkInterrupt);
            return choose ? model.shortlists(x, 1).get(0).likeliest() : 0;
        }
    }

    private static void checkInterrupt() {
        if (Thread.currentThread().isInterrupted()) {
            throw new CancellationException("interrupted");
        }
    }

    private static double secondsSince(long start) {
        return (System.nanoTime() - start) / 1e9;
    }
}
