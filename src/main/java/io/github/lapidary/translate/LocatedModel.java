package io.github.lapidary.translate;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.nn.Block;
import ai.djl.nn.BlockFactory;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.util.Progress;
import java.io.IOException;
import java.io.Serial;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A model whose place is known, such as that of a URL. */
final class LocatedModel implements BlockFactory {

    @Serial private static final long serialVersionUID = 1L;

    private final String path;
    private transient Progress progress;

    LocatedModel(Path path) {
        this.path = path.toString();
    }

    /** Sets what hears how far loading is. */
    void report(Progress newProgress) {
        progress = newProgress;
    }

    /** Loads the model, whether it is a file or, by DJL's rules, in a folder in a folder. */
    @Override
    public Block newBlock(Model model, Path modelPath, Map<String, ?> arguments)
            throws IOException {
        Path own = Path.of(path);
        return load(
                model,
                () ->
                        BlockLoader.load(
                                model,
                                Files.isDirectory(own)
                                        ? GenerativeBlockFactory.find(modelPath, model)
                                        : own,
                                new Arguments(arguments),
                                progress));
    }

    /** Makes a block, or fails as {@code Criteria} may. */
    @FunctionalInterface
    interface Loading {
        Block load() throws IOException, ModelNotFoundException, MalformedModelException;
    }

    /**
     * Loads a block for {@code Criteria}, which declares what is thrown here; {@link BlockFactory}
     * in between does not. Nor does it close a model whose block cannot be made.
     */
    static Block load(Model model, Loading loading) throws IOException {
        try {
            return loading.load();
        } catch (IOException | RuntimeException e) {
            model.close();
            throw e;
        } catch (ModelNotFoundException | MalformedModelException e) {
            model.close();
            throw LocatedModel.<RuntimeException>undeclared(e);
        }
    }

    @SuppressWarnings("unchecked")
    private static <E extends Exception> RuntimeException undeclared(Exception e) throws E {
        throw (E) e;
    }

    /** Returns the path. */
    @Override
    public String toString() {
        return path;
    }
}
