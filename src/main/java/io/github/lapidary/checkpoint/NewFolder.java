package io.github.lapidary.checkpoint;

import io.github.lapidary.config.GenerationDefaults;
import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.config.ModelConfigWriter;
import io.github.lapidary.file.OutgoingTensor;
import io.github.lapidary.file.SafetensorsWriter;
import io.github.lapidary.file.StagedFiles;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A Hugging Face folder in the making: its files appear together, or not at all. */
final class NewFolder {

    /** Where transformers puts the text model. */
    static final String PREFIX = "model.";

    private static final List<String> TOKENIZER_FILES =
            List.of(
                    "tokenizer.json",
                    "tokenizer.model",
                    "tokenizer_config.json",
                    "special_tokens_map.json",
                    "added_tokens.json",
                    "chat_template.jinja",
                    "chat_template.json");

    /** transformers refuses a file without it. */
    private static final Map<String, String> METADATA = Map.of("format", "pt");

    private final StagedFiles files;
    private final WriteOptions options;

    private NewFolder(StagedFiles files, WriteOptions options) {
        this.files = files;
        this.options = options;
    }

    /** What puts the weights into a folder. */
    @FunctionalInterface
    interface Weights {

        /** Calls {@link #stage}, once. */
        void stageIn(NewFolder folder) throws IOException;
    }

    /**
     * Makes a folder.
     *
     * @throws FileAlreadyExistsException if the folder holds a file that would be written
     * @throws IOException if a file cannot be read or written; the message names it, and nothing is
     *     left in the folder
     * @throws IllegalArgumentException if the defaults have other end tokens than the config
     */
    static void write(
            ModelConfig config,
            GenerationDefaults defaults,
            Path folder,
            WriteOptions options,
            Weights weights)
            throws IOException {
        Map<String, String> texts = ModelConfigWriter.texts(config, options.storedType(), defaults);
        List<Path> copies = tokenizerFiles(options);
        boolean isNew = Files.notExists(folder);
        create(folder);
        try (StagedFiles files = new StagedFiles(folder)) {
            refuseOlder(folder, texts.keySet(), copies);
            weights.stageIn(new NewFolder(files, options));
            for (Path copy : copies) {
                files.addCopy(copy);
            }
            // config.json, the first, is the last to appear: without it the folder is no model.
            List<String> names = new ArrayList<>(texts.keySet());
            Collections.reverse(names);
            for (String name : names) {
                files.add(name, texts.get(name));
            }
            files.publish();
        } catch (IOException | RuntimeException e) {
            if (isNew) {
                remove(folder, e);
            }
            throw e;
        }
    }

    /**
     * Writes the weights.
     *
     * @param parameters the tensors of each parameter, which stay together
     */
    void stage(List<List<OutgoingTensor>> parameters) throws IOException {
        new SafetensorsWriter(METADATA).stage(files, parameters, options.maxShardBytes());
    }

    private static List<Path> tokenizerFiles(WriteOptions options) throws IOException {
        if (options.tokenizerFolder().isEmpty()) {
            return List.of();
        }
        Path folder = options.tokenizerFolder().get();
        List<Path> files =
                TOKENIZER_FILES.stream().map(folder::resolve).filter(Files::exists).toList();
        if (files.isEmpty()) {
            throw new NoSuchFileException(
                    folder.toString(),
                    null,
                    "there is no tokenizer; expected one of " + TOKENIZER_FILES);
        }
        return files;
    }

    private static void create(Path folder) throws IOException {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new FileSystemException(folder.toString(), null, "not a folder");
        }
        try {
            Files.createDirectories(folder);
        } catch (AccessDeniedException e) {
            throw new IOException(
                    folder + " could not be made: there is no permission to write.", e);
        } catch (FileSystemException e) { // its message may be no more than a name
            String reason = e.getReason() == null ? "the file system refuses it" : e.getReason();
            throw new IOException("%s could not be made: %s.".formatted(folder, reason), e);
        }
    }

    /** What would be found only after gigabytes were written is looked for before. */
    private static void refuseOlder(Path folder, Set<String> texts, List<Path> copies)
            throws IOException {
        List<Path> files = new ArrayList<>();
        texts.forEach(name -> files.add(folder.resolve(name)));
        copies.forEach(copy -> files.add(folder.resolve(copy.getFileName())));
        for (Path file : files) {
            if (Files.exists(file)) {
                throw new FileAlreadyExistsException(
                        file.toString(), null, "the folder already holds a model");
            }
        }
    }

    private static void remove(Path folder, Exception reason) {
        try {
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            reason.addSuppressed(e);
        }
    }
}
