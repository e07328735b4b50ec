package io.github.lapidary.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * A padded batch as DJL passes it, and the tokens in it.
 *
 * @param manager closes the arrays
 * @param ids the ids of all tokens, row by row
 * @param rows the place of each in the flattened batch
 * @param lengths how many each row has
 * @param batch the number of rows
 * @param width the number of places in a row
 */
record PaddedBatch(
        NDManager manager, NDArray ids, NDArray rows, List<Integer> lengths, int batch, int width)
        implements AutoCloseable {

    /**
     * Reads ids [B, T] and maybe a mask [B, T].
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
        boolean[] kept = mask(inputs, shape);
        long[] all = ids.toLongArray();
        int[] lengths = new int[batch];
        long[] rows = new long[all.length];
        long[] tokens = new long[all.length];
        int count = 0;
        for (int i = 0; i < all.length; i++) {
            if (kept[i]) {
                if (all[i] < 0 || all[i] >= vocabSize) {
                    throw new IllegalArgumentException(
                            "Ids lie from 0 to " + (vocabSize - 1) + "; found " + all[i] + ".");
                }
                lengths[i / width]++;
                rows[count] = i;
                tokens[count++] = all[i];
            }
        }
        for (int i = 0; i < batch; i++) {
            if (lengths[i] == 0) {
                throw new IllegalArgumentException("Row " + i + " of the batch has no token.");
            }
        }
        NDManager manager = ids.getManager().newSubManager();
        return new PaddedBatch(
                manager,
                lasting(manager, Arrays.copyOf(tokens, count)),
                lasting(manager, Arrays.copyOf(rows, count)),
                Arrays.stream(lengths).boxed().toList(),
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

    private static boolean[] mask(NDList inputs, Shape shape) {
        if (inputs.size() > 2) {
            throw new IllegalArgumentException(
                    "The model takes ids and maybe a mask, not " + inputs.size() + " arrays.");
        }
        boolean[] kept = new boolean[Math.toIntExact(shape.size())];
        if (inputs.size() < 2) {
            Arrays.fill(kept, true);
            return kept;
        }
        NDArray mask = inputs.get(1);
        if (!mask.getShape().equals(shape)) {
            throw new IllegalArgumentException(
                    "The mask has the shape " + mask.getShape() + "; the ids have " + shape + ".");
        }
        try (NDArray numbers = mask.toType(DataType.INT64, true)) {
            long[] values = numbers.toLongArray();
            for (int i = 0; i < values.length; i++) {
                kept[i] = values[i] != 0;
            }
        }
        return kept;
    }

    @Override
    public void close() {
        manager.close();
    }
}
