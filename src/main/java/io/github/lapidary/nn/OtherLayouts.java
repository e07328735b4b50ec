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

    /** Returns the arrays, or none if they are not of these parameters any more. */
    List<NDArray> of(List<Parameter> parameters) {
        if (!arrays.isEmpty()) {
            for (int i = 0; i < sources.size(); i++) {
                if (parameters.get(i).getArray() != sources.get(i)) {
                    return List.of();
                }
            }
        }
        return arrays;
    }

    void clear() {
        arrays.forEach(NDArray::close);
        sources = List.of();
        arrays = List.of();
    }
}
