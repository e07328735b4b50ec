package io.github.lapidary.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.nn.Competition;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A padded or packed batch as DJL passes it, and the tokens in it.
 *
 * @param manager closes the arrays
 * @param ids the ids of all tokens, row by row
 * @param rows the place of each in the flattened batch
 * @param lengths how many each document has, row by row
 * @param tokens how many each row has
 * @param batch the number of rows
 * @param width the number of places in a row
 */
record PaddedBatch(
        NDManager manager,
        NDArray ids,
        NDArray rows,
        List<Integer> lengths,
        List<Integer> tokens,
        int batch,
        int width)
        implements AutoCloseable {

    /**
     * Reads ids [B, T] and maybe segments [B, T]: 0 where there is no token, and else the number of
     * a document, which ends where another number follows. A mask of zeros and ones is one, too.
     * Zeros between tokens of a document are as if they were not there: the token after them has
     * the position after the token before them.
     *
     * @param vocabSize what ids lie below
     * @throws IllegalArgumentException if they have other shapes or types, a row has no token, or
     *     an id is not of the vocabulary
     */
    static PaddedBatch of(NDList inputs, int vocabSize) {
        NDArray ids = inputs.get(0);
        Shape shape = ids.getShape();
        if (shape.dimension() != 2 || ids.getDataType() != DataType.INT64) {
            throw new IllegalArgumentException(
                    "The model takes ids [batch, tokens] of int64, not "
                            + shape
                            + " of "
                            + ids.getDataType()
                            + ".");
        }
        int batch = Math.toIntExact(shape.get(0));
        int width = Math.toIntExact(shape.get(1));
        long[] segments = segments(inputs, shape);
        long[] all = ids.toLongArray();
        List<Integer> lengths = new ArrayList<>();
        List<Integer> tokensOfRows = new ArrayList<>();
        long[] rows = new long[all.length];
        long[] tokens = new long[all.length];
        int count = 0;
        for (int row = 0; row < batch; row++) {
            long document = 0;
            int before = count;
            for (int i = row * width; i < (row + 1) * width; i++) {
                if (segments[i] == 0) {
                    continue;
                }
                checkId(all[i], vocabSize);
                rows[count] = i;
                tokens[count++] = all[i];
                int last = lengths.size() - 1;
                if (segments[i] == document) {
                    lengths.set(last, lengths.get(last) + 1);
                } else {
                    lengths.add(1);
                    document = segments[i];
                }
            }
            if (document == 0) {
                throw new IllegalArgumentException("Row " + row + " of the batch has no token.");
            }
            tokensOfRows.add(count - before);
        }
        NDManager manager = ids.getManager().newSubManager();
        return new PaddedBatch(
                manager,
                lasting(manager, Arrays.copyOf(tokens, count)),
                lasting(manager, Arrays.copyOf(rows, count)),
                List.copyOf(lengths),
                List.copyOf(tokensOfRows),
                batch,
                width);
    }

    /**
     * Returns an array in the engine's own memory. That which is made of Java's numbers lies in a
     * buffer of Java and is freed with it, though a graph may still hold the tensor.
     */
    private static NDArray lasting(NDManager manager, long[] numbers) {
        try (NDArray passing = manager.create(numbers)) {
            return passing.duplicate();
        }
    }

    private static void checkId(long id, int vocabSize) {
        if (id < 0 || id >= vocabSize) {
            throw new IllegalArgumentException(
                    "Ids lie from 0 to " + (vocabSize - 1) + "; found " + id + ".");
        }
    }

    private static long[] segments(NDList inputs, Shape shape) {
        if (inputs.size() > 2) {
            throw new IllegalArgumentException(
                    "The model takes ids, a mask and labels, not " + inputs.size() + " arrays.");
        }
        if (inputs.size() < 2) {
            long[] segments = new long[Math.toIntExact(shape.size())];
            Arrays.fill(segments, 1);
            return segments;
        }
        NDArray mask = inputs.get(1);
        if (!mask.getShape().equals(shape)) {
            throw new IllegalArgumentException(
                    "The mask has the shape " + mask.getShape() + "; the ids have " + shape + ".");
        }
        try (NDArray numbers = mask.toType(DataType.INT64, true)) {
            return numbers.toLongArray();
        }
    }

    /**
     * Returns the labels of the tokens, from labels [B, T] of the same places.
     *
     * @throws IllegalArgumentException if they have another shape or type, one is no id, or stands
     *     where there is no token
     */
    NDArray labels(NDArray labels, int vocabSize) {
        Shape shape = new Shape(batch, width);
        if (!labels.getShape().equals(shape) || labels.getDataType() != DataType.INT64) {
            throw new IllegalArgumentException(
                    "Labels are "
                            + shape
                            + " of int64, as the ids, not "
                            + labels.getShape()
                            + " of "
                            + labels.getDataType()
                            + ".");
        }
        long[] all = labels.toLongArray();
        long[] places = rows.toLongArray();
        long[] own = new long[places.length];
        for (int i = 0; i < own.length; i++) {
            own[i] = all[Math.toIntExact(places[i])];
            if (own[i] != TokenLoss.IGNORED) {
                checkId(own[i], vocabSize);
            }
        }
        if (labelled(all) != labelled(own)) {
            throw new IllegalArgumentException("A label stands where there is no token.");
        }
        return lasting(manager, own);
    }

    /** Returns how its tokens compete for experts, row by row or all together. */
    Competition competition(TrainingOptions options, double lossScale) {
        List<Competition.Group> groups =
                options.batchCompetes()
                        ? List.of(
                                new Competition.Group(Math.toIntExact(rows.size()), batch * width))
                        : tokens.stream().map(n -> new Competition.Group(n, width)).toList();
        return Competition.of(groups, options.capacityFactor(), lossScale);
    }

    /** Returns which place of the batch the token of a row is, for messages. */
    String name(long row) {
        long place = rows.getLong(row);
        String token = "token " + place % width;
        return batch > 1 ? token + " of row " + place / width : token;
    }

    private static long labelled(long[] labels) {
        return Arrays.stream(labels).filter(label -> label != TokenLoss.IGNORED).count();
    }

    @Override
    public void close() {
        manager.close();
    }
}
