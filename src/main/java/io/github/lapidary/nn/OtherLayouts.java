package io.github.lapidary.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import java.util.List;

/**
 * Arrays that hold what a block's parameters do, in other layouts, for inference. They count as
 * long as the parameters have the arrays that they were made from.
 */
final class OtherLayouts {

    private List<NDArray> sources = List.of();
    private List<NDArray> arrays = List.of();

    /** Takes arrays, which belong to a manager, that were made from parameters as they are now. */
    void set(List<Parameter> parameters, List<NDArray> newArrays) {
        sources = parameters.stream().map(Parameter::getArray).toList();
        arrays = List.copyOf(newArrays);
    }

    /** Returns the arrays, or none if they were made from others than these. */
    List<NDArray> of(List<NDArray> own) {
        for (int i = 0; i < sources.size(); i++) {
            if (own.get(i) != sources.get(i)) {
                return List.of();
            }
        }
        return arrays;
    }

    /** Frees the arrays; returns whether there were any. */
    boolean clear() {
        boolean had = !arrays.isEmpty();
        arrays.forEach(NDArray::close);
        sources = List.of();
        arrays = List.of();
        return had;
    }
}
