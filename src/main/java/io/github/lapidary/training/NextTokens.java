package io.github.lapidary.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.model.TokenLoss;

/** Makes the labels of a language model: each token's is the next one of its document. */
public final class NextTokens {

    private NextTokens() {}

    /** Returns the labels of ids [B, T] (int64), each row a document. */
    public static NDArray labels(NDArray ids) {
        return labels(ids, null);
    }

    /**
     * Returns the labels of ids [B, T] (int64), {@link TokenLoss#IGNORED} at the end of each
     * document.
     *
     * @param segments for each place the number of its document, 0 where there is none; null if
     *     each row is one
     */
    public static NDArray labels(NDArray ids, NDArray segments) {
        Shape shape = ids.getShape();
        if (shape.dimension() != 2
                || ids.getDataType() != DataType.INT64
                || (segments != null && !segments.getShape().equals(shape))) {
            throw new IllegalArgumentException(
                    "Labels are made of ids [batch, tokens] of int64 and segments of their shape;"
                            + " found "
                            + shape
                            + " of "
                            + ids.getDataType()
                            + (segments == null ? "." : " and " + segments.getShape() + "."));
        }
        long[] tokens = ids.toLongArray();
        long[] documents = segments == null ? null : segments.toLongArray();
        int width = Math.toIntExact(shape.get(1));
        long[] labels = new long[tokens.length];
        for (int i = 0; i < labels.length; i++) {
            boolean ends =
                    (i + 1) % width == 0
                            || (documents != null
                                    && (documents[i] == 0 || documents[i] != documents[i + 1]));
            labels[i] = ends ? TokenLoss.IGNORED : tokens[i + 1];
        }
        return ids.getManager().create(labels, shape);
    }
}
