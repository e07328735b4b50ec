package io.github.lapidary.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.ArrayList;
import java.util.List;

/**
 * The arrays of a training call, which the engine sorts by their names. They have these until this
 * is closed, and then their own again.
 */
final class TrainingInputs implements AutoCloseable {

    private final NDList arrays = new NDList();
    private final List<String> names = new ArrayList<>();
    private final List<NDArray> own = new ArrayList<>();

    /** Returns the arrays in the order in which they were added. */
    NDList arrays() {
        return new NDList(arrays);
    }

    void add(NDArray array) {
        add(array, null);
    }

    void addList(String name, List<NDArray> list) {
        list.forEach(array -> add(array, name + "[]"));
    }

    /** Adds an array that closes with this. */
    void addOwn(NDArray array) {
        own.add(array);
        add(array, null);
    }

    private void add(NDArray array, String name) {
        arrays.add(array);
        names.add(array.getName());
        array.setName(name);
    }

    @Override
    public void close() {
        // Backwards, for an array that was added twice.
        for (int i = names.size() - 1; i >= 0; i--) {
            arrays.get(i).setName(names.get(i));
        }
        own.forEach(NDArray::close);
    }
}
