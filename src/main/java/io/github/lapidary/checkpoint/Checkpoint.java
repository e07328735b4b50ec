package io.github.lapidary.checkpoint;

import io.github.lapidary.checkpoint.TensorNames.Style;
import io.github.lapidary.config.GenerationDefaults;
import io.github.lapidary.config.GenerationDefaultsReader;
import io.github.lapidary.config.GgufConfigReader;
import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.config.ModelConfigReader;
import io.github.lapidary.file.Gguf;
import io.github.lapidary.file.GgufMetadata;
import io.github.lapidary.file.SafetensorsFolder;
import io.github.lapidary.file.TensorContainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A checkpoint whose configuration and directory of tensors were read, but no weights yet.
 *
 * @param path the folder or file
 * @param config the model's configuration
 * @param defaults how its makers would generate
 * @param tensors the directory of its tensors
 * @param metadata of a GGUF file, with its vocabulary
 */
public record Checkpoint(
        Path path,
        ModelConfig config,
        GenerationDefaults defaults,
        TensorContainer tensors,
        Optional<GgufMetadata> metadata) {

    /**
     * Opens a Hugging Face folder (config.json and safetensors) or a GGUF file.
     *
     * @throws IOException if it cannot be read or is not well formed; the message names file,
     *     problem, expected and found
     */
    public static Checkpoint open(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            return new Checkpoint(
                    path,
                    ModelConfigReader.read(path),
                    GenerationDefaultsReader.read(path),
                    SafetensorsFolder.read(path),
                    Optional.empty());
        }
        if (!Files.exists(path)) {
            throw new NoSuchFileException(
                    path.toString(),
                    null,
                    "there is no such model; expected a Hugging Face folder or a GGUF file");
        }
        Gguf gguf = Gguf.read(path);
        return new Checkpoint(
                path,
                GgufConfigReader.read(gguf.metadata(), path),
                GenerationDefaults.NONE,
                gguf,
                Optional.of(gguf.metadata()));
    }

    /** Returns who named the tensors. */
    Style style() {
        return metadata.isPresent() ? Style.GGUF : Style.HUGGING_FACE;
    }
}
