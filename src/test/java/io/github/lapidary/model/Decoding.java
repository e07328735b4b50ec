package io.github.lapidary.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.github.lapidary.nn.Step;
import io.github.lapidary.state.DecodingState;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Drives a model as a generation does.
 *
 * @param manager what states and results belong to
 */
record Decoding(CausalLanguageModel model, NDManager manager) {

    DecodingState start() {
        return model.newState(manager);
    }

    /** Brings tokens to each sequence in one pass; returns the logits of all, [R, V]. */
    NDArray feed(List<DecodingState> states, List<long[]> tokens) {
        return feed(states, tokens, () -> {});
    }

    NDArray feed(List<DecodingState> states, List<long[]> tokens, Runnable beforeLayer) {
        int[] counts = tokens.stream().mapToInt(ids -> ids.length).toArray();
        try (Step step = Step.of(manager, states, counts);
                NDArray ids =
                        manager.create(tokens.stream().flatMapToLong(Arrays::stream).toArray());
                NDArray x = model.forward(step, ids, beforeLayer)) {
            return model.logits(x, LongStream.range(0, step.rows()).toArray());
        }
    }

    /**
     * Brings tokens to each sequence in one pass; returns the logits of the last of each, [n, V].
     */
    float[] last(List<DecodingState> states, List<long[]> tokens) {
        int[] counts = tokens.stream().mapToInt(ids -> ids.length).toArray();
        try (Step step = Step.of(manager, states, counts);
                NDArray ids =
                        manager.create(tokens.stream().flatMapToLong(Arrays::stream).toArray());
                NDArray x = model.forwardToLast(step, ids, () -> {});
                NDArray logits = model.logits(x)) {
            return logits.toFloatArray();
        }
    }

    /** Brings tokens to one sequence; returns the logits of all, [T, V]. */
    float[] feed(DecodingState state, long... tokens) {
        try (NDArray logits = feed(List.of(state), List.of(tokens))) {
            return logits.toFloatArray();
        }
    }

    /** Brings tokens chunk by chunk; returns the logits of all, [T, V]. */
    float[] feedInChunks(DecodingState state, long[] tokens, int chunk) {
        float[] logits = new float[0];
        for (int first = 0; first < tokens.length; first += chunk) {
            int last = Math.min(tokens.length, first + chunk);
            float[] part = feed(state, Arrays.copyOfRange(tokens, first, last));
            logits = Arrays.copyOf(logits, logits.length + part.length);
            System.arraycopy(part, 0, logits, logits.length - part.length, part.length);
        }
        return logits;
    }

    /** Returns the logits of a whole sequence in one pass without states, [T, V]. */
    float[] whole(long... tokens) {
        try (Step step = Step.whole(manager, new int[] {tokens.length}, false);
                NDArray ids = manager.create(tokens);
                NDArray x = model.forward(step, ids, () -> {});
                NDArray logits = model.logits(x, LongStream.range(0, tokens.length).toArray())) {
            return logits.toFloatArray();
        }
    }

    /** Continues a sequence by its likeliest tokens, after the one that the logits are for. */
    long[] greedy(DecodingState state, float[] logits, int count) {
        long[] ids = new long[count];
        float[] last = logits;
        for (int i = 0; i < count; i++) {
            ids[i] = likeliest(last);
            last = feed(state, ids[i]);
        }
        return ids;
    }

    /** Returns the id of the largest of the last row of logits, the lowest among equals. */
    long likeliest(float[] logits) {
        int first = logits.length - model.config().vocabSize();
        int best = first;
        for (int i = first; i < logits.length; i++) {
            best = logits[i] > logits[best] ? i : best;
        }
        return Math.subtractExact(best, first);
    }

    float[] lastRow(float[] logits) {
        return Arrays.copyOfRange(
                logits, logits.length - model.config().vocabSize(), logits.length);
    }
}
