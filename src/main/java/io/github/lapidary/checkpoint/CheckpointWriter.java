package io.github.lapidary.checkpoint;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import io.github.lapidary.checkpoint.TensorNames.Origin;
import io.github.lapidary.checkpoint.TensorNames.Style;
import io.github.lapidary.config.GenerationDefaults;
import io.github.lapidary.config.ModelConfigWriter;
import io.github.lapidary.file.OutgoingTensor;
import io.github.lapidary.file.SafetensorsWriter;
import io.github.lapidary.file.StagedFiles;
import io.github.lapidary.kernel.format.Tensors;
import io.github.lapidary.model.CausalLanguageModel;
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

/**
 * Writes a model as a Hugging Face folder, which transformers and {@link Checkpoint#open} read.
 *
 * <p>Weights leave the model slice by slice, and the folder's files appear together when all are
 * written, or not at all. What a model of a format holds is written exactly if the stored type is
 * as wide.
 */
public final class CheckpointWriter {

    /** Where transformers puts the text model. */
    private static final String PREFIX = "model.";

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

    private CheckpointWriter() {}

    /**
     * Writes config.json, generation_config.json, the weights as safetensors, and the tokenizer
     * files that the options name.
     *
     * @param model is not changed; it must stay open until this returns
     * @param defaults how the model would generate; its end tokens are none, or the config's
     * @param folder made if it is missing; it holds no model yet
     * @throws FileAlreadyExistsException if the folder holds a file that would be written
     * @throws IOException if a file cannot be read or written; the message names it, and nothing is
     *     left in the folder
     * @throws IllegalArgumentException if the defaults have other end tokens than the config
     */
    public static void write(
            CausalLanguageModel model,
            GenerationDefaults defaults,
            Path folder,
            WriteOptions options)
            throws IOException {
        Map<String, String> texts =
                ModelConfigWriter.texts(model.config(), options.storedType(), defaults);
        List<Path> copies = tokenizerFiles(options);
        boolean isNew = Files.notExists(folder);
        create(folder);
        try (StagedFiles files = new StagedFiles(folder)) {
            refuseOlder(folder, texts.keySet(), copies);
            stageWeights(model, options, files);
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

    private static void stageWeights(
            CausalLanguageModel model, WriteOptions options, StagedFiles files) throws IOException {
        Map<String, Parameter> parameters = model.parametersByPath();
        Device device = parameters.values().iterator().next().getArray().getManager().getDevice();
        // Not the model's manager, which may be capped.
        try (NDManager manager = NDManager.newBaseManager(device);
                Tensors tensors = new Tensors(manager)) {
            WeightEncoder encoder = new WeightEncoder(tensors, options, total(parameters));
            List<OutgoingTensor> outgoing = new ArrayList<>();
            for (Origin origin :
                    TensorNames.origins(model.config(), parameters.keySet(), Style.HUGGING_FACE)) {
                Parameter parameter = parameters.get(origin.parameter());
                List<Shape> shapes =
                        TensorPlan.partShapes(model, origin.parameter(), parameter.getShape());
                long first = 0;
                for (int i = 0; i < shapes.size(); i++) {
                    String name = PREFIX + origin.sources().get(i);
                    outgoing.add(encoder.tensor(name, parameter.getArray(), first, shapes.get(i)));
                    first += shapes.get(i).size();
                }
            }
            new SafetensorsWriter(METADATA).stage(files, outgoing, options.maxShardBytes());
        }
    }

    private static long total(Map<String, Parameter> parameters) {
        return parameters.values().stream().mapToLong(p -> p.getShape().size()).sum();
    }

    private static void remove(Path folder, Exception reason) {
        try {
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            reason.addSuppressed(e);
        }
    }
}
