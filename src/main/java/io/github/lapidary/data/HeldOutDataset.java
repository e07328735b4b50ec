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
 * Documents to be predicted, each token but the first of a document once, always the same batches.
 *
 * <p>The batches are such as {@link TokenDataset} has, with the labels as third data too, as DJL
 * validates without handing labels to the model; the last may have fewer rows. What is after a cut
 * in a document is predicted from what is after the cut alone.
 */
public final class HeldOutDataset implements Dataset {

    private final DocumentSet documents;
    private final int sequenceLength;
    private final int batchSize;
    private final long batches;

    /**
     * Takes documents.
     *
     * @param documents the documents
     * @param sequenceLength the number of tokens of a row, T
     * @param batchSize the number of rows of a batch, B
     * @throws IllegalArgumentException if a size is not positive, or no document has two tokens
     */
    public HeldOutDataset(DocumentSet documents, int sequenceLength, int batchSize) {
        if (sequenceLength < 1 || batchSize < 1) {
            throw new IllegalArgumentException(
                    "Not possible: sequences of %d tokens, batches of %d rows."
                            .formatted(sequenceLength, batchSize));
        }
        Math.multiplyExact(sequenceLength, batchSize);
        this.documents = documents;
        this.sequenceLength = sequenceLength;
        this.batchSize = batchSize;
        RowPacker packer = packer();
        long rows = 0;
        while (packer.hasNext()) {
            packer.next();
            rows++;
        }
        if (rows == 0) {
            throw new IllegalArgumentException(
                    "There is nothing to predict in %s: no document has two tokens."
                            .formatted(documents.file().path()));
        }
        batches = (rows + batchSize - 1) / batchSize;
    }

    /**
     * Returns what tells its tokens, and what they are predicted from, from those of others: losses
     * can be compared where it is the same.
     */
    public String fingerprint() {
        return Long.toHexString(documents.fingerprint()) + "/" + sequenceLength;
    }

    private RowPacker packer() {
        PieceCutter cutter = PieceCutter.even(documents, sequenceLength);
        return new RowPacker(
                documents.file(),
                sequenceLength,
                new RowPacker.Pieces() {
                    @Override
                    public int size() {
                        return cutter.size();
                    }

                    @Override
                    public Piece get(int number) {
                        return cutter.piece(number);
                    }
                });
    }

    /** Returns how many tokens are predicted: the labels of all batches. */
    public long predictions() {
        return documents.tokenCount() - documents.size();
    }

    /**
     * Returns how long the text is in UTF-8: the sum of all losses over this and the natural
     * logarithm of 2 is in bits per byte.
     */
    public long textBytes() {
        return documents.textBytes();
    }

    /** Returns the number of batches. */
    public long batches() {
        return batches;
    }

    @Override
    public Iterable<Batch> getData(NDManager manager) {
        return () -> new Batches(manager);
    }

    /** Does nothing: files are mapped, not read. */
    @Override
    public void prepare(Progress progress) {}

    private final class Batches implements Iterator<Batch> {

        private final NDManager manager;
        private final RowPacker packer = packer();
        private long given;

        Batches(NDManager manager) {
            this.manager = manager;
        }

        @Override
        public boolean hasNext() {
            return packer.hasNext();
        }

        @Override
        public Batch next() {
            if (!hasNext()) {
                throw new NoSuchElementException("There is no further batch.");
            }
            List<Row> rows = new ArrayList<>();
            while (rows.size() < batchSize && packer.hasNext()) {
                rows.add(packer.next());
            }
            try {
                return TokenBatch.of(manager, rows, sequenceLength, true, given++, batches);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
