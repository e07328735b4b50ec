package io.github.lapidary.translate;

import ai.djl.repository.zoo.ModelLoader;
import ai.djl.repository.zoo.ModelZoo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The models in a folder: each subfolder with a {@code config.json} or a GGUF file, and each GGUF
 * file.
 *
 * <p>A model's artifact id is the name of its folder, or of its file without {@code .gguf}. The
 * folder is looked at each time that a model is looked for, and need not be there.
 */
public final class LapidaryModelZoo extends ModelZoo {

    /** The group of all models of this library. */
    public static final String GROUP_ID = "io.github.lapidary";

    private final Path folder;

    /** Makes a zoo of the models in a folder. */
    public LapidaryModelZoo(Path folder) {
        this.folder = folder;
    }

    @Override
    public String getGroupId() {
        return GROUP_ID;
    }

    @Override
    public Set<String> getSupportedEngines() {
        return Set.of("PyTorch");
    }

    /**
     * Returns what loads the models that are there.
     *
     * @throws UncheckedIOException if the folder cannot be read
     */
    @Override
    public Collection<ModelLoader> getModelLoaders() {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> paths = Files.list(folder)) {
            return paths.filter(LapidaryModelZoo::isModel)
                    .sorted()
                    .map(LapidaryModelZoo::loader)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public ModelLoader getModelLoader(String name) {
        return getModelLoaders().stream()
                .filter(loader -> loader.getArtifactId().equals(name))
                .findFirst()
                .orElse(null);
    }

    private static boolean isModel(Path path) {
        if (GenerativeBlockFactory.isGguf(path) || Files.exists(path.resolve("config.json"))) {
            return true;
        }
        if (!Files.isDirectory(path)) {
            return false;
        }
        try (Stream<Path> files = Files.list(path)) {
            return files.anyMatch(GenerativeBlockFactory::isGguf);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ModelLoader loader(Path path) {
        String name = path.getFileName().toString();
        String artifactId =
                GenerativeBlockFactory.isGguf(path)
                        ? name.substring(0, name.lastIndexOf('.'))
                        : name;
        return new LapidaryRepository(artifactId, path.toAbsolutePath(), artifactId, Map.of())
                .loader();
    }
}
