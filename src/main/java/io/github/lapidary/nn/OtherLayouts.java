package io.github.lapidary.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import io.github.lapidary.kernel.Weights;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Arrays that hold what a block's parameters do, in other layouts, for inference. They count as
 * long as the parameters have the arrays that they were made from. Any thread may ask for them.
 */
final class OtherLayouts {

    private static final Layouts NONE = new Layouts(List.of(), List.of());

    private volatile Layouts layouts = NONE;

    /** Arrays, and what they were made from. */
    private record Layouts(List<NDArray> sources, List<NDArray> arrays) {

        List<NDArray> of(List<NDArray> own) {
            boolean same =
                    IntStream.range(0, sources.size()).allMatch(i -> own.get(i) == sources.get(i));
            return same ? arrays : List.of();
        }
    }

    /** Takes arrays, which belong to a manager, that were made from parameters as they are now. */
    void set(List<Parameter> parameters, List<NDArray> arrays) {
        layouts =
                new Layouts(
                        parameters.stream().map(Parameter::getArray).toList(), List.copyOf(arrays));
    }

    /** Returns the arrays, or none if they were made from others than these. */
    List<NDArray> of(List<NDArray> own) {
        return layouts.of(own);
    }

    /** Frees the arrays; returns whether there were any. */
    boolean clear() {
        Layouts before = layouts;
        layouts = NONE;
        Weights.whileNoneAreTaken(() -> before.arrays.forEach(NDArray::close));
        return !before.arrays.isEmpty();
    }
}
