package io.github.lapidary.translate;

import io.github.lapidary.LanguageModel;
import io.github.lapidary.checkpoint.Checkpoint;
import io.github.lapidary.checkpoint.ExpertPlacement;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.text.Tokenizer;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Makes folders that DJL Serving, and {@code Criteria} with a model path, load without being told
 * more: the files of a model with a {@code serving.properties}.
 */
public final class PreparedFolder {

    private static final Set<String> ENDINGS = Set.of(".json", ".jinja", ".safetensors");
    private static final String PROPERTIES = "serving.properties";

    private PreparedFolder() {}

    /** How the model's files come into the folder. */
    public enum Placement {
        /** By links that name them, which need nearly no space; the files must stay. */
        SYMLINK,
        /** As further names of the same files, on the same disk. */
        HARDLINK,
        /** As copies. */
        COPY;

        private void place(Path source, Path target) throws IOException {
            switch (this) {
                case SYMLINK -> Files.createSymbolicLink(target, source.toAbsolutePath());
                case HARDLINK -> Files.createLink(target, source.toRealPath());
                case COPY -> Files.copy(source, target);
            }
        }
    }

    /**
     * Writes a folder, which appears when it is whole, or not at all.
     *
     * @param model a Hugging Face folder or a GGUF file
     * @param folder a path at which there is nothing yet
     * @param placement how its files come into the folder
     * @param arguments of {@link GenerativeBlockFactory} and {@link GenerationTranslatorFactory}
     * @throws FileAlreadyExistsException if there is something
     * @throws IOException if the model cannot be read, or the folder not be written
     * @throws IllegalArgumentException if an argument is not what it should be
     */
    public static void write(
            Path model, Path folder, Placement placement, Map<String, String> arguments)
            throws IOException {
        check(model, new Arguments(arguments));
        Path target = folder.toAbsolutePath().normalize();
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileAlreadyExistsException(
                    folder.toString(), null, "it exists already and is not replaced");
        }
        Files.createDirectories(target.getParent());
        Path staged = target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID());
        Files.createDirectory(staged);
        try {
            for (Path file : files(model)) {
                placement.place(file, staged.resolve(name(file, model)));
            }
            Files.writeString(staged.resolve(PROPERTIES), properties(arguments));
            Files.move(staged, target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            delete(staged);
        }
    }

    /** Reads what can be read soon, so that a broken model is noticed before it is served. */
    private static void check(Path model, Arguments arguments) throws IOException {
        arguments.text("dtype").ifPresent(WeightFormat::of);
        arguments.text("expertPlacement").ifPresent(ExpertPlacement::of);
        ServingLimits.of(arguments);
        Checkpoint checkpoint = Checkpoint.open(model);
        int longest = checkpoint.config().maxPositionEmbeddings();
        if (arguments.count("context", 1).orElse(1) > longest) {
            throw new IllegalArgumentException(
                    "The model's context holds "
                            + longest
                            + " tokens, not "
                            + arguments.text("context").get()
                            + ".");
        }
        try (Tokenizer tokenizer = LanguageModel.tokenizer(checkpoint)) {
            tokenizer.bosId();
        }
    }

    private static List<Path> files(Path model) throws IOException {
        if (!Files.isDirectory(model)) {
            return List.of(model);
        }
        try (Stream<Path> files = Files.list(model)) {
            return files.filter(PreparedFolder::belongs).sorted().toList();
        }
    }

    /** A GGUF file may be called anything, but is known by its name in a folder. */
    private static String name(Path file, Path model) {
        String name = file.getFileName().toString();
        return file.equals(model) && !GenerativeBlockFactory.isGguf(file) ? name + ".gguf" : name;
    }

    private static boolean belongs(Path file) {
        String name = file.getFileName().toString();
        return Files.isRegularFile(file)
                && !name.startsWith(".")
                && ENDINGS.stream().anyMatch(name::endsWith);
    }

    private static String properties(Map<String, String> arguments) {
        StringBuilder text = new StringBuilder();
        text.append(
                """
                # Loads a language model with Lapidary, whose jar DJL Serving finds in its folder deps.
                engine=PyTorch
                blockFactory=%s
                translatorFactory=%s
                option.hasParameter=false
                # One worker for each model: it only takes requests in, and they queue inside.
                batch_size=1
                minWorkers=1
                maxWorkers=1
                # load_on_devices=-1 keeps the model on the CPU. Limits, as they are by default:
                # queue=64, concurrency=1, maxNewTokens=4096, maxSeconds=600, maxPrompts=32,
                # maxBodyBytes=4194304
                """
                        .formatted(
                                GenerativeBlockFactory.class.getName(),
                                GenerationTranslatorFactory.class.getName()));
        new TreeMap<>(arguments)
                .forEach((name, value) -> text.append(name).append('=').append(value).append('\n'));
        return text.toString();
    }

    private static void delete(Path staged) throws IOException {
        if (!Files.isDirectory(staged)) {
            return;
        }
        try (Stream<Path> files = Files.list(staged)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(staged);
    }
}
