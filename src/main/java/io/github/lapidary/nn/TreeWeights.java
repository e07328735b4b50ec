package io.github.lapidary.nn;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import io.github.lapidary.kernel.Weights;
import io.github.lapidary.kernel.format.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** The weights of a block and those below it, as calls take them: a group for each block. */
final class TreeWeights {

    private final KernelBlock root;
    private List<WeightGroup> groups = List.of(); // of the tree as it was linked
    private Weights kept;

    TreeWeights(KernelBlock root) {
        this.root = root;
    }

    /** Reads the tree anew, as it is linked. */
    void share() {
        groups = WeightGroup.of(root);
        retire();
    }

    /** Returns the parameters in the order of {@link #forTraining}. */
    Stream<Parameter> parameters() {
        return groups.stream().flatMap(group -> group.parameters().stream());
    }

    /** Returns weights that may change after the call, so that other layouts of them are freed. */
    Weights forTraining(ParameterStore store, Device device) {
        dropOtherLayouts();
        return new Weights(arrays(store, device, true));
    }

    /**
     * Returns weights whose handle is kept from call to call, as long as the arrays are the same.
     */
    Weights forInference(ParameterStore store, Device device) {
        Supplier<List<List<NDArray>>> source = () -> arrays(store, device, false);
        List<List<NDArray>> arrays = source.get();
        synchronized (this) {
            if (kept == null || !kept.holds(arrays)) {
                retire();
                kept = new Weights(source);
            }
            return kept;
        }
    }

    private void dropOtherLayouts() {
        for (WeightGroup group : groups) {
            if (group.block() instanceof KernelBlock own && own.dropOtherLayouts()) {
                retire();
            }
        }
    }

    /** Closes the handle that is kept. */
    synchronized void retire() {
        if (kept != null) {
            kept.retire();
            kept = null;
        }
    }

    private List<List<NDArray>> arrays(ParameterStore store, Device device, boolean training) {
        List<List<NDArray>> arrays = new ArrayList<>(groups.size());
        for (WeightGroup group : groups) {
            arrays.add(arrays(group, store, device, training));
        }
        return arrays;
    }

    private List<NDArray> arrays(
            WeightGroup group, ParameterStore store, Device device, boolean training) {
        List<NDArray> arrays = new ArrayList<>();
        for (Parameter parameter : group.parameters()) {
            arrays.add(value(parameter, store, device, training));
        }
        if (!training && group.block() instanceof KernelBlock own) {
            arrays.addAll(own.otherLayouts(List.copyOf(arrays)));
        }
        return arrays;
    }

    private NDArray value(
            Parameter parameter, ParameterStore store, Device device, boolean training) {
        NDArray own = parameter.getArray();
        boolean trainable =
                Tensors.isFloat32(own)
                        || (store instanceof TrainingStore given && given.isGiven(parameter));
        if (training && !trainable) {
            // Autograd passes by packed products, with no error and wrong gradients.
            throw new IllegalStateException(
                    "Only float32 weights can be trained, and those of "
                            + root.getClass().getSimpleName()
                            + " are "
                            + root.format()
                            + ": load the model as float32.");
        }
        // Copies of other formats would abort the engine.
        return store == null || !trainable ? own : store.getValue(parameter, device, training);
    }
}
