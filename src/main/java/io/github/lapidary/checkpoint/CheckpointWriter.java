package io.github.lapidary.checkpoint;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import io.github.lapidary.checkpoint.TensorNames.Origin;
import io.github.lapidary.checkpoint.TensorNames.Style;
import io.github.lapidary.config.GenerationDefaults;
import io.github.lapidary.file.OutgoingTensor;
import io.github.lapidary.kernel.KernelEngine;
import io.github.lapidary.kernel.format.Tensors;
import io.github.lapidary.model.CausalLanguageModel;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Writes a model as a Hugging Face folder, which transformers and {@link Checkpoint#open} read.
 *
 * <p>Weights leave the model slice by slice, and the folder's files appear together when all are
 * written, or not at all. What a model of a format holds is written exactly if the stored type is
 * as wide.
 */
public final class CheckpointWriter {

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
        NewFolder.write(
                model.config(),
                defaults,
                folder,
                options,
                files -> stageWeights(model, options, files));
    }

    private static void stageWeights(
            CausalLanguageModel model, WriteOptions options, NewFolder files) throws IOException {
        Map<String, Parameter> parameters = model.parametersByPath();
        Device device = parameters.values().iterator().next().getArray().getManager().getDevice();
        // Not the model's manager, which may be capped.
        try (NDManager manager = KernelEngine.newManager(device);
                Tensors tensors = new Tensors(manager)) {
            WeightEncoder encoder = new WeightEncoder(options, total(parameters));
            List<List<OutgoingTensor>> outgoing = new ArrayList<>();
            for (Origin origin :
                    TensorNames.origins(model.config(), parameters.keySet(), Style.HUGGING_FACE)) {
                Parameter parameter = parameters.get(origin.parameter());
                List<Shape> shapes = TensorPlan.partShapes(model, origin, parameter.getShape());
                List<OutgoingTensor> parts = new ArrayList<>();
                long first = 0;
                for (int i = 0; i < shapes.size(); i++) {
                    String name = NewFolder.PREFIX + origin.sources().get(i);
                    parts.add(
                            encoder.tensor(
                                    name, shapes.get(i), tensors, parameter.getArray(), first));
                    first += shapes.get(i).size();
                }
                outgoing.add(parts);
            }
            files.stage(outgoing);
        }
    }

    private static long total(Map<String, Parameter> parameters) {
        return parameters.values().stream().mapToLong(p -> p.getShape().size()).sum();
    }
}
