package io.github.lapidary.nn;

import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.util.Pair;
import java.util.LinkedHashMap;
import java.util.Map;

/** A block and those below it, by the names of the library: DJL's, without their numbers. */
record BlockTree(Block root) {

    /** Returns the parameters by path, {@code layers.0.mlp.down_proj.weight}. */
    Map<String, Parameter> parametersByPath() {
        Map<String, Parameter> paths = new LinkedHashMap<>();
        collect("", root, paths);
        return paths;
    }

    private static void collect(String path, Block block, Map<String, Parameter> paths) {
        for (Pair<String, Parameter> parameter : block.getDirectParameters()) {
            paths.put(path + parameter.getKey(), parameter.getValue());
        }
        for (Pair<String, Block> child : block.getChildren()) {
            collect(path + nameOf(child) + ".", child.getValue(), paths);
        }
    }

    /**
     * Returns the block at a path below the root, {@code layers.0.mlp.down_proj}.
     *
     * @throws IllegalArgumentException if there is none
     */
    Block at(String path) {
        for (Pair<String, Block> child : root.getChildren()) {
            String name = nameOf(child);
            if (path.equals(name)) {
                return child.getValue();
            }
            if (path.startsWith(name + ".")) {
                return new BlockTree(child.getValue()).at(path.substring(name.length() + 1));
            }
        }
        throw new IllegalArgumentException("There is no block " + path + ".");
    }

    /** Returns a line for each block, with its parameters and their shapes. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        describe(root, root.getClass().getSimpleName(), "", text);
        return text.toString();
    }

    private static void describe(Block block, String name, String indent, StringBuilder text) {
        text.append(indent).append(name);
        if (block instanceof KernelBlock own) {
            own.describeDetails()
                    .ifPresent(details -> text.append('(').append(details).append(')'));
        }
        for (Pair<String, Parameter> parameter : block.getDirectParameters()) {
            text.append(' ').append(parameter.getKey()).append(parameter.getValue().getShape());
        }
        for (Pair<String, Block> child : block.getChildren()) {
            text.append('\n');
            String type = child.getValue().getClass().getSimpleName();
            describe(child.getValue(), nameOf(child) + ": " + type, indent + "    ", text);
        }
    }

    /** Returns a child's name without the number that DJL puts before it. */
    private static String nameOf(Pair<String, Block> child) {
        return child.getKey().replaceFirst("^\\d+", "");
    }
}
