package io.github.lapidary.file;

import java.nio.file.Path;
import java.util.Map;

/** A directory of tensors, read and checked; it holds no file open. */
public interface TensorContainer {

    /** Returns the file or folder that was read. */
    Path path();

    /** Returns the tensors by name, in the order of the container. */
    Map<String, TensorEntry> tensors();
}
