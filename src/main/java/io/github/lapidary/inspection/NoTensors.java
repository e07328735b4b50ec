package io.github.lapidary.inspection;

import io.github.lapidary.file.TensorContainer;
import io.github.lapidary.file.TensorEntry;
import java.nio.file.Path;
import java.util.Map;

/**
 * What stands for tensors that could not be read, or that there are none of.
 *
 * @param path where they would be
 */
record NoTensors(Path path) implements TensorContainer {

    @Override
    public Map<String, TensorEntry> tensors() {
        return Map.of();
    }
}
