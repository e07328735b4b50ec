package io.github.lapidary.nn;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import io.github.lapidary.kernel.Weights;
import io.github.lapidary.kernel.format.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The weights of a block and those below it, as calls take them: a group for each block. */
final class TreeWeights {

    private final KernelBlock root;
    private Weights kept;

    TreeWeights(KernelBlock root) {
        this.root = root;
    }

    /** Returns the blocks that have parameters, in the order of the tree. */
    List<Block> blocks() {
        List<Block> blocks = new ArrayList<>();
        collect(root, blocks);
        return blocks;
    }

    private static void collect(Block block, List<Block> blocks) {
        if (!block.getDirectParameters().isEmpty()) {
            blocks.add(block);
        }
        block.getChildren().values().forEach(child -> collect(child, blocks));
    }

    /** Returns the parameters in the order of {@link #forTraining}. */
    Stream<Parameter> parameters() {
        return blocks().stream().flatMap(block -> block.getDirectParameters().values().stream());
    }

    Weights forTraining(ParameterStore store, Device device) {
        return new Weights(groups(store, device, true));
    }

    /**
     * Returns weights whose handle is kept from call to call, as long as the arrays are the same.
     */
    Weights forInference(ParameterStore store, Device device) {
        List<List<NDArray>> groups = groups(store, device, false);
        synchronized (this) {
            if (kept == null || !kept.holds(groups)) {
                retire();
                kept = new Weights(groups);
            }
            return kept;
        }
    }

    /** Closes the handle that is kept. */
    synchronized void retire() {
        if (kept != null) {
            kept.retire();
            kept = null;
        }
    }

    private List<List<NDArray>> groups(ParameterStore store, Device device, boolean training) {
        return blocks().stream().map(block -> group(block, store, device, training)).toList();
    }

    private List<NDArray> group(
            Block block, ParameterStore store, Device device, boolean training) {
        List<NDArray> arrays = new ArrayList<>();
        for (Parameter parameter : block.getDirectParameters().values()) {
            arrays.add(value(parameter, store, device, training));
        }
        if (!training && block instanceof KernelBlock own) {
            arrays.addAll(own.otherLayouts());
        }
        return arrays;
    }

    private NDArray value(
            Parameter parameter, ParameterStore store, Device device, boolean training) {
        NDArray own = parameter.getArray();
        boolean trainable = Tensors.isFloat32(own);
        if (training && !trainable) {
            // Autograd passes by the products of other formats, with no error and wrong gradients.
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
