package io.github.lapidary.nn;

import ai.djl.ndarray.NDArray;
import io.github.lapidary.kernel.KernelCall;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.kernel.KernelModule;
import java.util.ArrayList;
import java.util.List;

/**
 * Layers that follow one another and run in one call. A call costs as much as a small layer's
 * arithmetic on one token, for by the time that it begins, the weights of the layer before have
 * driven from the processor's caches all that it needs.
 */
public final class LayerGroup {

    private static final long[] ALL = {};
    private static final int SIZE = 6; // the kinds of layers repeat after 1, 2, 3 or 6

    private final List<DecoderLayer> layers;
    private final int first;
    private final KernelMethod method;

    private LayerGroup(List<DecoderLayer> layers, int first) {
        this.layers = layers;
        this.first = first;
        this.method = KernelMethod.chain(layers.stream().map(DecoderLayer::layer).toList());
    }

    /** Groups all layers of a model. */
    public static List<LayerGroup> of(List<? extends DecoderLayer> layers) {
        List<LayerGroup> groups = new ArrayList<>();
        for (int first = 0; first < layers.size(); first += SIZE) {
            int end = Math.min(first + SIZE, layers.size());
            groups.add(new LayerGroup(List.copyOf(layers.subList(first, end)), first));
        }
        return List.copyOf(groups);
    }

    /** Returns the kernels' method, to be linked. */
    public KernelMethod method() {
        return method;
    }

    /**
     * Runs the layers for inference, as one by one.
     *
     * @param x the residual stream, [..., M] float32
     * @param step which rows belong to which sequence
     * @param rows the rows that are wanted, for the last layers of a model; none for all
     * @return the residual stream in the manager of x, or the rows wanted of it [n, M]
     */
    public NDArray forward(KernelModule kernels, NDArray x, Step step, long... rows) {
        KernelCall call = kernels.call(method).tensor(x);
        for (int i = 0; i < layers.size(); i++) {
            long[] wanted = i == layers.size() - 1 ? rows : ALL;
            call = layers.get(i).addArguments(call, null, x.getDevice(), step, first + i, wanted);
        }
        KernelCall whole = call;
        int last = first + layers.size() - 1;
        NDArray y = step.run(() -> whole.run(x.getManager()), last, rows);
        for (int i = 0; i < layers.size(); i++) {
            step.routing().report(first + i);
        }
        return y;
    }
}
