package io.github.lapidary.translate;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.nn.Block;
import ai.djl.nn.BlockFactory;
import java.io.IOException;
import java.io.Serial;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Loads the language model of a folder for DJL, weights included.
 *
 * <p>The folder is a Hugging Face folder, or has one GGUF file. DJL must be told that there are no
 * parameters to load after it: the option {@code hasParameter} is {@code false}. Arguments: {@code
 * dtype} ({@code float32} or {@code bfloat16}), {@code context} (the most tokens of a text) and
 * {@code concurrency} (how many generations run at once, 1 by default).
 */
public final class GenerativeBlockFactory implements BlockFactory {

    @Serial private static final long serialVersionUID = 1L;

    private static final String GGUF = ".gguf";

    /**
     * Loads a model on the DJL model's device; it closes with that model, which is closed if the
     * loading fails.
     *
     * <p>Besides an {@link IOException} it throws what {@code Criteria.loadModel} declares: {@link
     * ai.djl.repository.zoo.ModelNotFoundException}, and {@link MalformedModelException} if a file
     * or an argument is not what it should be.
     *
     * @throws IOException if a file cannot be read
     */
    @Override
    public Block newBlock(Model model, Path modelPath, Map<String, ?> arguments)
            throws IOException {
        return LocatedModel.load(
                model,
                () ->
                        BlockLoader.load(
                                model, find(modelPath, model), new Arguments(arguments), null));
    }

    /**
     * Returns the model of a folder: the folder itself, or a GGUF file in it.
     *
     * @param model whose name may be that of the file
     */
    static Path find(Path folder, Model model) throws IOException, MalformedModelException {
        if (Files.exists(folder.resolve("config.json"))) {
            return folder;
        }
        Path named = folder.resolve(model.getName());
        if (isGguf(named)) {
            return named;
        }
        List<Path> files = ggufFiles(folder);
        if (files.size() > 1) {
            throw new MalformedModelException(
                    folder + ": expected one GGUF file, found " + files.size() + ".");
        }
        return files.isEmpty() ? folder : files.get(0);
    }

    private static List<Path> ggufFiles(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(GenerativeBlockFactory::isGguf).sorted().toList();
        }
    }

    /** Returns whether a path is a file with the name of a GGUF file. */
    static boolean isGguf(Path path) {
        String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
        return name.endsWith(GGUF) && Files.isRegularFile(path);
    }
}
