package io.github.lapidary.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.Tiny;

/** Ids that make no sense, in rows, and what follows each. */
record TrainingBatch(NDList data, NDArray labels) {

    static TrainingBatch of(NDManager manager, int rows, int width) {
        return of(manager.create(Tiny.ids(rows * width), new Shape(rows, width)));
    }

    /** Makes one of given rows, [rows, width]. */
    static TrainingBatch of(NDArray ids) {
        return new TrainingBatch(new NDList(ids), NextTokens.labels(ids));
    }
}
