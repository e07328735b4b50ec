package io.github.lapidary.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.kernel.format.Tensors;
import io.github.lapidary.kernel.format.WeightFormat;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Copies in bfloat16 of those parameters of a tree that are multiplied, to train with while the
 * parameters stay float32.
 */
public final class BFloat16Copies implements AutoCloseable {

    private static final KernelMethod REFRESH =
            KernelMethod.of("weights.refresh")
                    .tensors("copies")
                    .tensors("originals")
                    .tensor("versions")
                    .build();

    private final Map<Parameter, NDArray> copies = new LinkedHashMap<>();
    private final NDManager manager;
    private final KernelModule kernels;
    private final NDArray versions;
    private List<NDArray> sources = List.of(); // whose versions these are

    /**
     * Copies the parameters of a tree, which are float32.
     *
     * @param parent what the copies belong to
     */
    public BFloat16Copies(KernelBlock block, NDManager parent) {
        manager = parent.newSubManager();
        kernels = KernelModule.link(manager, List.of(REFRESH));
        try (Tensors tensors = new Tensors(manager)) {
            block.multiplied()
                    .forEach(
                            parameter ->
                                    copies.put(
                                            parameter,
                                            tensors.empty(
                                                    WeightFormat.BFLOAT16, parameter.getShape())));
        }
        try (NDArray none = manager.full(new Shape(copies.size()), -1, DataType.INT64)) {
            versions = none.duplicate();
        }
    }

    /**
     * Returns the copies by parameter, brought up to date where a parameter's array has changed
     * since the last call.
     */
    public Map<Parameter, NDArray> current() {
        List<NDArray> originals = new ArrayList<>();
        copies.forEach(
                (parameter, copy) -> {
                    originals.add(parameter.getArray());
                    if (copy.hasGradient() != parameter.requiresGradient()) {
                        copy.setRequiresGradient(parameter.requiresGradient());
                    }
                });
        if (!areSame(originals, sources)) { // the versions of other arrays say nothing
            versions.muli(0);
            versions.subi(1);
            sources = originals;
        }
        kernels.call(REFRESH)
                .tensors(List.copyOf(copies.values()))
                .tensors(originals)
                .tensor(versions)
                .withoutGraph(manager)
                .close();
        return copies;
    }

    private static boolean areSame(List<NDArray> some, List<NDArray> others) {
        return some.size() == others.size()
                && IntStream.range(0, some.size()).allMatch(i -> some.get(i) == others.get(i));
    }

    @Override
    public void close() {
        manager.close();
    }
}
