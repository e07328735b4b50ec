package io.github.lapidary.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.dataset.Batch;
import ai.djl.translate.Batchifier;
import java.io.IOException;
import java.util.List;

/** Makes arrays of rows. */
final class TokenBatch {

    /** The label of a place where nothing is to be predicted. */
    static final int NO_LABEL = -100;

    private static final int PADDING = 0; // the id of <pad> in Gemma; nothing looks at it

    private TokenBatch() {}

    /**
     * Makes a batch, as {@link TokenDataset} describes it, with a manager of its own.
     *
     * @param manager what the batch's manager hangs on
     * @param rows the rows
     * @param sequenceLength how long each is
     * @param labelled whether the labels are data, too
     * @param number the number of the batch in its epoch, from 0
     * @param total the number of batches of the epoch
     */
    static Batch of(
            NDManager manager,
            List<Row> rows,
            int sequenceLength,
            boolean labelled,
            long number,
            long total)
            throws IOException {
        long[] ids = new long[rows.size() * sequenceLength];
        long[] segments = new long[ids.length];
        long[] labels = new long[ids.length];
        int place = 0;
        for (Row row : rows) {
            int end = place + sequenceLength;
            int segment = 0;
            for (Piece piece : row.pieces()) {
                segment++;
                // One more: each token's successor is its label, also across the piece's end.
                int[] tokens = row.file().ids(piece.document(), piece.start(), piece.length() + 1);
                for (int i = 0; i < piece.length(); i++, place++) {
                    ids[place] = tokens[i];
                    segments[place] = segment;
                    labels[place] = tokens[i + 1];
                }
            }
            for (; place < end; place++) {
                ids[place] = PADDING;
                labels[place] = NO_LABEL;
            }
        }
        Shape shape = new Shape(rows.size(), sequenceLength); // [B, T]
        NDManager own = manager.newSubManager();
        NDArray idArray = own.create(ids, shape);
        NDArray segmentArray = own.create(segments, shape);
        NDArray labelArray = own.create(labels, shape);
        NDList data = new NDList(idArray, segmentArray);
        if (labelled) {
            data.add(labelArray);
        }
        return new Batch(
                own,
                data,
                new NDList(labelArray),
                rows.size(),
                Batchifier.STACK,
                Batchifier.STACK,
                number,
                total);
    }
}
