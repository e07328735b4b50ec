package io.github.lapidary.cli;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.nn.Step;
import io.github.lapidary.state.DecodingState;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The speed of a model: the time of its passes and of choosing the likeliest token, without
 * tokenizer and stop rules.
 */
final class Benchmark {

    private static final int LONGEST = 2048;
    private static final int FIRST_PLAIN_ID = 1000; // past control tokens and bytes
    private static final int LAST_ID = 200_000;

    private final NDManager manager;
    private final CausalLanguageModel model;
    private final int[] ids;

    Benchmark(BareModel model) {
        this.manager = model.manager();
        this.model = model.block();
        int vocabulary = model.config().vocabSize();
        int first = vocabulary > FIRST_PLAIN_ID ? FIRST_PLAIN_ID : 0;
        this.ids =
                new SplittableRandom(1)
                        .ints(LONGEST, first, Math.min(LAST_ID, vocabulary))
                        .toArray();
    }

    /** Returns whether the model's context has room for so many tokens. */
    boolean fits(int tokens) {
        return tokens <= model.config().maxPositionEmbeddings();
    }

    /** Returns the tokens a second of a prompt of so many, up to the token chosen after it. */
    double prefill(int tokens) {
        try (DecodingState state = model.newState(manager)) {
            long start = System.nanoTime();
            read(state, Arrays.copyOf(ids, tokens));
            return tokens / secondsSince(start);
        }
    }

    /** Returns the tokens a second of so many steps after a prompt, whose time is left out. */
    double decode(int after, int steps) {
        try (DecodingState state = model.newState(manager)) {
            int token = read(state, Arrays.copyOf(ids, after));
            long start = System.nanoTime();
            for (int i = 0; i < steps; i++) {
                token = read(state, token);
            }
            return steps / secondsSince(start);
        }
    }

    /** Lets a sequence read tokens and returns the likeliest after them. */
    private int read(DecodingState state, int... tokens) {
        int next = 0;
        for (int from = 0; from < tokens.length; from += CausalLanguageModel.CHUNK) {
            int to = Math.min(tokens.length, from + CausalLanguageModel.CHUNK);
            long[] chunk = Arrays.stream(tokens, from, to).asLongStream().toArray();
            try (NDManager scope = manager.newSubManager();
                    Step step = Step.of(scope, List.of(state), new int[] {chunk.length})) {
                NDArray x = model.forwardToLast(step, scope.create(chunk), () -> {});
                if (to == tokens.length) {
                    next = model.largest(model.logits(x))[0];
                }
            }
        }
        return next;
    }

    private static double secondsSince(long start) {
        return (System.nanoTime() - start) / 1e9;
    }
}
