package io.github.lapidary.data;

import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.Dataset;
import ai.djl.util.Progress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * Batches of token sequences without end, from a mixture of sources.
 *
 * <p>B rows of T tokens: the data are ids [B, T] and segments [B, T], the labels [B, T], all int64.
 * A row holds pieces of one or several documents of one source; the segments number them from 1,
 * and 0 is padding. Nothing is to reach from one segment to another. The label of a token is its
 * successor in the document, also where that lies in another row; at padding it is -100. A document
 * of more than T tokens is cut into pieces, so that a row may begin in the middle of one; where, is
 * another place in each epoch.
 *
 * <p>Each source gets its share of the rows exactly, spread evenly. The same sources, sizes and
 * seed give the same batches, on every machine. DJL's epochs are slices of this sequence: each call
 * of {@link #getData} goes on where the last one was left. Not for several threads at once.
 */
public final class TokenDataset implements Dataset {

    private final int sequenceLength;
    private final int batchSize;
    private final long batchesPerEpoch;
    private final String fingerprint;
    private final List<SourceStream> sources = new ArrayList<>();
    private long batches;

    private TokenDataset(Builder builder) {
        sequenceLength = builder.sequenceLength;
        batchSize = builder.batchSize;
        batchesPerEpoch = builder.batchesPerEpoch;
        long numbers = Mixing.of(sequenceLength, batchSize, builder.seed);
        for (MixtureSource source : builder.sources) {
            long seed = Mixing.of(builder.seed, sources.size());
            SourceStream stream = new SourceStream(source, sequenceLength, seed);
            sources.add(stream);
            numbers = Mixing.of(numbers, stream.fingerprint());
        }
        fingerprint = Long.toHexString(numbers);
    }

    /** Returns a builder; at least one source, and both sizes, must be given. */
    public static Builder builder() {
        return new Builder();
    }

    /** Returns where the run is: after the last batch that was given. */
    public DataPosition position() {
        return new DataPosition(
                fingerprint, batches, sources.stream().map(SourceStream::position).toList());
    }

    /**
     * Goes on from a position, as if this dataset had given all batches before it.
     *
     * <p>The weights may be others than those of the run that left it.
     *
     * @throws IllegalArgumentException if it is a position in other data, or with another seed or
     *     other sizes
     */
    public void restore(DataPosition position) {
        if (!position.fingerprint().equals(fingerprint)
                || position.sources().size() != sources.size()
                || position.batches() < 0) {
            throw new IllegalArgumentException(
                    "The position belongs to other data, another seed or other sizes: it is one in %s, here is %s."
                            .formatted(position.fingerprint(), fingerprint));
        }
        for (int i = 0; i < sources.size(); i++) {
            sources.get(i).restore(position.sources().get(i));
        }
        batches = position.batches();
    }

    @Override
    public Iterable<Batch> getData(NDManager manager) {
        return () -> new Slice(manager);
    }

    /** Does nothing: files are mapped, not read. */
    @Override
    public void prepare(Progress progress) {}

    /** Returns how many batches one call of {@link #getData} gives. */
    public long batchesPerEpoch() {
        return batchesPerEpoch;
    }

    private List<Row> nextRows() {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < batchSize; i++) {
            rows.add(nextSource().next());
        }
        batches++;
        return rows;
    }

    /** Returns the source that is owed most. */
    private SourceStream nextSource() {
        double sum = 0;
        for (SourceStream source : sources) {
            sum += source.weight(batches);
        }
        SourceStream best = null;
        double most = Double.NEGATIVE_INFINITY;
        for (SourceStream source : sources) {
            double weight = source.weight(batches);
            double credit = source.addCredit(weight / sum);
            if (weight > 0 && credit > most) {
                best = source;
                most = credit;
            }
        }
        return best;
    }

    /** The batches of one epoch of DJL's. */
    private final class Slice implements Iterator<Batch> {

        private final NDManager manager;
        private long given;

        Slice(NDManager manager) {
            this.manager = manager;
        }

        @Override
        public boolean hasNext() {
            return given < batchesPerEpoch;
        }

        @Override
        public Batch next() {
            if (!hasNext()) {
                throw new NoSuchElementException("The epoch has no further batch.");
            }
            try {
                return TokenBatch.of(
                        manager, nextRows(), sequenceLength, false, given++, batchesPerEpoch);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Puts a dataset together. */
    public static final class Builder {

        private final List<MixtureSource> sources = new ArrayList<>();
        private int sequenceLength;
        private int batchSize;
        private long batchesPerEpoch = 1_000;
        private long seed;

        private Builder() {}

        /** Adds a source. */
        public Builder addSource(MixtureSource source) {
            sources.add(source);
            return this;
        }

        /** Sets the number of tokens of a row, T. */
        public Builder setSequenceLength(int tokens) {
            sequenceLength = tokens;
            return this;
        }

        /** Sets the number of rows of a batch, B. */
        public Builder setBatchSize(int rows) {
            batchSize = rows;
            return this;
        }

        /** Sets how many batches DJL counts as an epoch; 1,000 by default. */
        public Builder optBatchesPerEpoch(long number) {
            batchesPerEpoch = number;
            return this;
        }

        /** Sets what the order of the documents depends on; 0 by default. */
        public Builder optSeed(long number) {
            seed = number;
            return this;
        }

        /**
         * Returns the dataset.
         *
         * @throws IllegalArgumentException if there is no source, a size is not positive, the
         *     sources come of several tokenizers, at some time all weights are 0, or a source has
         *     nothing to predict
         */
        public TokenDataset build() {
            if (sources.isEmpty() || sequenceLength < 1 || batchSize < 1 || batchesPerEpoch < 1) {
                throw new IllegalArgumentException(
                        "Not possible: %d sources, sequences of %d tokens, batches of %d rows, epochs of %d batches."
                                .formatted(
                                        sources.size(),
                                        sequenceLength,
                                        batchSize,
                                        batchesPerEpoch));
            }
            Math.multiplyExact(sequenceLength, batchSize);
            checkTokenizers();
            checkWeights();
            return new TokenDataset(this);
        }

        private void checkTokenizers() {
            long tokenizers =
                    sources.stream()
                            .map(source -> source.documents().file().header().tokenizer())
                            .distinct()
                            .count();
            if (tokenizers > 1) {
                throw new IllegalArgumentException(
                        "The token files come of " + tokenizers + " tokenizers; expected one.");
            }
        }

        /** Between points the weights are straight lines, so it is enough to look there. */
        private void checkWeights() {
            for (MixtureSource each : sources) {
                for (WeightSchedule.Point point : each.weight().points()) {
                    double sum = 0;
                    for (MixtureSource source : sources) {
                        sum += source.weight().at(point.batch());
                    }
                    if (!(sum > 0)) {
                        throw new IllegalArgumentException(
                                "At batch %d all weights are 0.".formatted(point.batch()));
                    }
                }
            }
        }
    }
}
