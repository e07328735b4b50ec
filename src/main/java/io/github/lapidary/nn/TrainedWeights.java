package io.github.lapidary.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import io.github.lapidary.kernel.format.Tensors;
import io.github.lapidary.kernel.format.WeightFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Those parameters of a tree that are multiplied, in the format that they are trained in. The
 * others, of norms and the like, are small and always float32.
 */
public final class TrainedWeights {

    private TrainedWeights() {}

    /**
     * Gives the parameters arrays of their own in a format, one after another.
     *
     * @param block a tree that has weights
     */
    public static void convert(KernelBlock block, WeightFormat format) {
        List<Parameter> parameters = block.multiplied().toList();
        NDManager manager = parameters.get(0).getArray().getManager();
        try (Tensors tensors = new Tensors(manager)) {
            parameters.forEach(parameter -> convert(parameter, format, tensors));
        }
        block.setFormat(format);
    }

    private static void convert(Parameter parameter, WeightFormat format, Tensors tensors) {
        NDArray old = parameter.getArray();
        try (NDArray dense = tensors.dense(old)) {
            NDArray converted = tensors.joined(List.of(dense), format);
            converted.attach(old.getManager());
            KernelParameters.replace(parameter, converted);
        }
    }

    /** Returns the parameters' own arrays. */
    public static Map<Parameter, NDArray> of(KernelBlock block) {
        Map<Parameter, NDArray> arrays = new LinkedHashMap<>();
        block.multiplied().forEach(parameter -> arrays.put(parameter, parameter.getArray()));
        return arrays;
    }
}
