package io.github.lapidary.nn;

import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import java.util.ArrayList;
import java.util.List;

/**
 * A block that has parameters of its own, and these. DJL makes copies of such lists whenever it is
 * asked, too slow for every call of a kernel.
 */
record WeightGroup(Block block, List<Parameter> parameters) {

    /** Returns those of a tree, in its order. */
    static List<WeightGroup> of(Block root) {
        List<WeightGroup> groups = new ArrayList<>();
        collect(root, groups);
        return List.copyOf(groups);
    }

    private static void collect(Block block, List<WeightGroup> groups) {
        List<Parameter> parameters = List.copyOf(block.getDirectParameters().values());
        if (!parameters.isEmpty()) {
            groups.add(new WeightGroup(block, parameters));
        }
        block.getChildren().values().forEach(child -> collect(child, groups));
    }
}
