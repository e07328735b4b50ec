package io.github.lapidary.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.github.lapidary.file.OutgoingTensor;
import io.github.lapidary.file.SafetensorsWriter;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.generation.LogProbabilities;
import io.github.lapidary.generation.Score;
import io.github.lapidary.generation.ScoreListener;
import io.github.lapidary.generation.ScoreOptions;
import io.github.lapidary.generation.Scorer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Scores sequences one after another and writes a line for each. */
final class Scoring implements AutoCloseable {

    private final BareModel model;
    private final List<int[]> sequences;
    private final ScoreOptions options;
    private final Console console;
    private final Progress progress;
    private final long total;
    private long done;

    Scoring(BareModel model, List<int[]> sequences, ScoreOptions options, Console console) {
        this.model = model;
        this.sequences = sequences;
        this.options = options;
        this.console = console;
        this.progress = console.progress("Scoring");
        this.total = sequences.stream().mapToLong(ids -> ids.length).sum();
    }

    /**
     * Does nothing if all can be scored, so that no result comes before the first refusal.
     *
     * @throws IllegalArgumentException if a sequence cannot be scored; the message says which
     */
    private void check() {
        Scorer scorer = new Scorer(model.block(), model.manager());
        for (int i = 0; i < sequences.size(); i++) {
            try {
                scorer.check(sequences.get(i), options);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("sequence " + i + ": " + e.getMessage(), e);
            }
        }
    }

    /** Scores all. */
    void run() throws IOException {
        check();
        try {
            for (int i = 0; i < sequences.size(); i++) {
                score(i, new Follower());
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** Scores all, and writes their logits to a file while they are computed. */
    void run(Path logits) throws IOException {
        check();
        long width = model.config().vocabSize();
        List<OutgoingTensor> tensors = new ArrayList<>();
        for (int i = 0; i < sequences.size(); i++) {
            int index = i;
            tensors.add(
                    new OutgoingTensor(
                            "logits." + i,
                            StoredType.F32,
                            List.of((long) sequences.get(i).length, width),
                            out -> score(index, new LogitsFollower(out))));
        }
        try {
            new SafetensorsWriter(Map.of()).writeFile(logits, tensors);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private void score(int index, ScoreListener listener) throws IOException {
        int[] ids = sequences.get(index);
        Score score = new Scorer(model.block(), model.manager()).score(ids, options, listener);
        try {
            console.print(JsonLine.of(json(ids, score)));
        } catch (IOException e) {
            throw new UncheckedIOException(e); // no fault of the file that is being written
        }
        done += ids.length;
    }

    private JsonObject json(int[] ids, Score score) {
        JsonArray logProbabilities = new JsonArray(ids.length);
        JsonArray top = new JsonArray();
        logProbabilities.add(JsonNull.INSTANCE); // nothing predicts the first token
        top.add(JsonNull.INSTANCE);
        for (LogProbabilities token : score.tokens()) {
            logProbabilities.add(JsonLine.number(token.chosen()));
            top.add(JsonLine.top(token));
        }
        JsonObject line = new JsonObject();
        line.add("ids", JsonLine.ids(ids));
        line.add("logprobs", logProbabilities);
        line.add("nll", JsonLine.number(score.meanNegativeLogLikelihood()));
        line.add("perplexity", JsonLine.number(score.perplexity()));
        if (options.topLogprobs() > 0) {
            line.add("top", top);
        }
        return line;
    }

    @Override
    public void close() {
        progress.close();
    }

    /** Shows how far the scoring is. */
    private class Follower implements ScoreListener {
        @Override
        public void onProgress(int doneHere, int totalHere) {
            progress.update(done + doneHere, total);
        }
    }

    /** Passes the logits on, too. */
    private final class LogitsFollower extends Follower {

        private final WritableByteChannel out;
        private final ByteBuffer row =
                ByteBuffer.allocateDirect(
                                Math.multiplyExact(model.config().vocabSize(), Float.BYTES))
                        .order(ByteOrder.LITTLE_ENDIAN);

        LogitsFollower(WritableByteChannel out) {
            this.out = out;
        }

        @Override
        public boolean wantsLogits() {
            return true;
        }

        @Override
        public void onLogits(int index, float[] logits) throws IOException {
            row.clear().asFloatBuffer().put(logits);
            out.write(row);
        }
    }
}
