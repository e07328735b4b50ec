package io.github.lapidary.generation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.nn.Step;
import io.github.lapidary.state.DecodingState;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.LongStream;

/**
 * Scores texts with a model.
 *
 * <p>A text that is longer than the context is read in windows that overlap; each token is scored
 * once, in the first window that holds it. Logits exist for a few tokens at a time only.
 */
public final class Scorer {

    /** For how many tokens logits exist at once. */
    private static final int ROWS = 16;

    private final CausalLanguageModel model;
    private final NDManager manager;
    private final int contextLength;

    /** Makes a scorer with all the context that the model has; otherwise as below. */
    public Scorer(CausalLanguageModel model, NDManager manager) {
        this(model, manager, model.config().maxPositionEmbeddings());
    }

    /**
     * Makes a scorer; it owns none of what it is given.
     *
     * @param contextLength how many tokens a window has at most
     */
    public Scorer(CausalLanguageModel model, NDManager manager, int contextLength) {
        this.model = model;
        this.manager = manager;
        this.contextLength = contextLength;
    }

    /**
     * Scores a text.
     *
     * @param ids the text, at least one token
     * @throws IllegalArgumentException if there is no token, one is outside the vocabulary, or the
     *     stride is larger than the context
     * @throws IOException if the listener throws one
     * @throws CancellationException if the scoring was cancelled
     */
    public Score score(int[] ids, ScoreOptions options, ScoreListener listener) throws IOException {
        check(ids, options);
        int stride = stride(options);
        Text text = new Text(ids, options, listener);
        int scored = 0;
        for (int start = 0; scored < ids.length; start += stride) {
            int end = Math.min(ids.length, start + contextLength);
            scoreWindow(text, start, scored, end);
            scored = end;
        }
        return new Score(text.tokens);
    }

    private int stride(ScoreOptions options) {
        return options.stride().orElse(Math.max(1, contextLength / 2));
    }

    /**
     * Does nothing for a text that could be scored.
     *
     * @throws IllegalArgumentException if there is no token, one is outside the vocabulary, or the
     *     stride is larger than the context
     */
    public void check(int[] ids, ScoreOptions options) {
        if (ids.length == 0) {
            throw new IllegalArgumentException("The text is empty; it needs at least a token.");
        }
        int vocabularySize = model.config().vocabSize();
        for (int id : ids) {
            if (id < 0 || id >= vocabularySize) {
                throw new IllegalArgumentException(
                        "The text holds the id "
                                + id
                                + "; the vocabulary has "
                                + vocabularySize
                                + " tokens.");
            }
        }
        if (stride(options) > contextLength) {
            throw new IllegalArgumentException(
                    "The stride ("
                            + stride(options)
                            + ") is larger than the context ("
                            + contextLength
                            + " tokens).");
        }
    }

    /** What the windows of a text share. */
    private static final class Text {

        private final int[] ids;
        private final ScoreOptions options;
        private final ScoreListener listener;
        private final List<LogProbabilities> tokens = new ArrayList<>();

        Text(int[] ids, ScoreOptions options, ScoreListener listener) {
            this.ids = ids;
            this.options = options;
            this.listener = listener;
        }

        void checkCancelled() {
            if (options.cancellation().isCancelled() || Thread.currentThread().isInterrupted()) {
                throw new CancellationException("The scoring was cancelled.");
            }
        }
    }

    /** Reads a window and scores what the token at {@code first} and those after it predict. */
    private void scoreWindow(Text text, int start, int scored, int end) throws IOException {
        try (DecodingState state = newState()) {
            for (int from = start; from < end; from += model.chunk()) {
                int to = Math.min(end, from + model.chunk());
                scoreChunk(text, state, from, scored, to);
                if (to > scored) {
                    text.listener.onProgress(to, text.ids.length);
                }
            }
        }
    }

    private DecodingState newState() {
        try (KernelModule.Lease lease = model.lease()) {
            return model.newState(manager);
        }
    }

    /** The model may be closed between chunks: whoever closes it need not wait for a long text. */
    private void scoreChunk(Text text, DecodingState state, int from, int scored, int to)
            throws IOException {
        try (NDManager scope = newScope()) {
            NDArray x = read(text, state, scope, from, to);
            for (int row = Math.max(from, scored); row < to; row += ROWS) {
                int next = Math.min(to, row + ROWS);
                List<float[]> logits = scoreRows(text, x, from, row, next);
                for (int i = 0; i < logits.size(); i++) { // the model is not held meanwhile
                    text.listener.onLogits(row + i, logits.get(i));
                }
            }
        }
    }

    private NDManager newScope() {
        try (KernelModule.Lease lease = model.lease()) {
            return manager.newSubManager();
        }
    }

    private NDArray read(Text text, DecodingState state, NDManager scope, int from, int to) {
        try (KernelModule.Lease lease = model.lease();
                Step step = Step.of(scope, List.of(state), new int[] {to - from})) {
            NDArray ids = scope.create(Arrays.stream(text.ids, from, to).asLongStream().toArray());
            return model.forward(step, ids, text::checkCancelled);
        }
    }

    /** Returns the logits of the rows, if the listener wants them. */
    private List<float[]> scoreRows(Text text, NDArray x, int offset, int from, int to) {
        long[] rows = LongStream.range(from - offset, to - offset).toArray();
        List<float[]> wanted = new ArrayList<>();
        try (KernelModule.Lease lease = model.lease();
                NDManager scope = x.getManager().newSubManager();
                NDArray logits = model.logits(x, rows)) {
            logits.attach(scope);
            if (text.listener.wantsLogits()) {
                for (int i = 0; i < to - from; i++) {
                    wanted.add(logits.get(i).toFloatArray());
                }
            }
            int known = Math.min(to, text.ids.length - 1) - from;
            if (known > 0) {
                addScores(text, logits, from, known);
            }
        }
        return wanted;
    }

    private void addScores(Text text, NDArray logits, int from, int count) {
        int top = text.options.topLogprobs();
        int rows = Math.toIntExact(logits.getShape().get(0));
        long[] targets = new long[rows];
        for (int i = 0; i < count; i++) {
            targets[i] = text.ids[from + i + 1];
        }
        double[][] scores = model.logProbabilities(logits, targets, top);
        for (int i = 0; i < count; i++) {
            List<LogProbabilities.Entry> likeliest = new ArrayList<>();
            for (int k = 1; k <= top; k++) {
                likeliest.add(new LogProbabilities.Entry((int) scores[i][top + k], scores[i][k]));
            }
            text.tokens.add(new LogProbabilities(scores[i][0], likeliest));
        }
    }
}
