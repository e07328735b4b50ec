package io.github.lapidary.checkpoint;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import io.github.lapidary.checkpoint.TensorNames.Origin;
import io.github.lapidary.checkpoint.TensorNames.Style;
import io.github.lapidary.checkpoint.TensorPlan.Assignment;
import io.github.lapidary.config.GlamConfig;
import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.file.OutgoingTensor;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.file.TensorEntry;
import io.github.lapidary.file.TensorReader;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.model.Models;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes a sparse GLaM of a trained dense one, which then computes the same.
 *
 * <p>Each expert of a sparse layer is a copy of the feed-forward that the layer had, whose form,
 * gated and with its activation, the experts take; the gate starts with small random numbers. Since
 * the weights of a token's two experts sum to 1, the logits stay what they were, until training
 * lets the experts differ.
 *
 * @param numExperts the experts of a sparse layer, at least two
 * @param moeLayerFreq one of so many layers becomes sparse
 * @param moeLayerOffset the first layer that becomes sparse, below moeLayerFreq
 * @param seed what the gates are drawn from: same seed, same numbers
 * @see <a href="https://arxiv.org/abs/2212.05055">Komatsuzaki et al. 2022, Sparse Upcycling</a>
 */
public record Upcycling(int numExperts, int moeLayerFreq, int moeLayerOffset, long seed) {

    /** What each matrix of an expert is a copy of: the gated form is wo (act(wg x) · wi x). */
    private static final Map<String, String> DENSE_NAMES =
            Map.of(
                    "moe.experts.wg", "mlp.gate_proj.weight",
                    "moe.experts.wi", "mlp.up_proj.weight",
                    "moe.experts.wo", "mlp.down_proj.weight");

    /**
     * Returns the configuration of the sparse model.
     *
     * @throws IllegalArgumentException if the model is of another family, is sparse already, or
     *     cannot have such layers; the message says which
     */
    public GlamConfig config(ModelConfig dense) {
        if (!(dense instanceof GlamConfig glam)) {
            throw new IllegalArgumentException(
                    "Only a dense glam can be made sparse, not a "
                            + dense.modelType()
                            + ": GLaM's layers have other positions and norms, so that its weights"
                            + " would not compute the same there.");
        }
        if (glam.numExperts() > 0) {
            throw new IllegalArgumentException(
                    "The model is sparse already: num_experts is " + glam.numExperts() + ".");
        }
        if (numExperts < 2) {
            throw new IllegalArgumentException(
                    "numExperts: expected at least 2, found " + numExperts + ".");
        }
        return glam.withExperts(numExperts, moeLayerFreq, moeLayerOffset);
    }

    /** Returns the type in which the copies hold all that the checkpoint does. */
    public static StoredType storedType(Checkpoint dense) {
        boolean areShort =
                dense.tensors().tensors().values().stream()
                        .allMatch(entry -> entry.type() == StoredType.BF16);
        return areShort ? StoredType.BF16 : StoredType.F32;
    }

    /**
     * Writes the sparse model as a Hugging Face folder; no weights are held in memory but slices.
     *
     * @param dense the trained model
     * @param folder made if it is missing; it holds no model yet
     * @throws MalformedModelException if the dense model's tensors do not fit its configuration
     * @throws java.nio.file.FileAlreadyExistsException if the folder holds a file that would be
     *     written
     * @throws IOException if a file cannot be read or written; nothing is left in the folder
     * @throws IllegalArgumentException as {@link #config} does
     */
    public void write(Checkpoint dense, Path folder, WriteOptions options)
            throws IOException, MalformedModelException {
        GlamConfig config = config(dense.config());
        TensorPlan plan = TensorPlan.of(dense, Models.of(dense.config()));
        try (TensorReader reader = new TensorReader(dense.tensors())) {
            NewFolder.write(
                    config,
                    dense.defaults(),
                    folder,
                    options,
                    files -> stageWeights(config, new Stored(plan, reader), options, files));
        }
    }

    private void stageWeights(
            GlamConfig config, Stored stored, WriteOptions options, NewFolder files)
            throws IOException {
        CausalLanguageModel model = Models.of(config);
        Map<String, Parameter> parameters = model.parametersByPath();
        long total = parameters.values().stream().mapToLong(p -> p.getShape().size()).sum();
        WeightEncoder encoder = new WeightEncoder(options, total);
        List<List<OutgoingTensor>> outgoing = new ArrayList<>();
        for (Origin origin : TensorNames.origins(config, parameters.keySet(), Style.HUGGING_FACE)) {
            Shape whole = parameters.get(origin.parameter()).getShape();
            List<Shape> shapes = TensorPlan.partShapes(model, origin, whole);
            List<OutgoingTensor> parts = new ArrayList<>();
            for (int i = 0; i < shapes.size(); i++) {
                String name = NewFolder.PREFIX + origin.sources().get(i);
                parts.add(encoder.tensor(name, shapes.get(i), source(origin, i, stored)));
            }
            outgoing.add(parts);
        }
        files.stage(outgoing);
    }

    private FloatSource source(Origin origin, int part, Stored stored) {
        String path = origin.parameter();
        return switch (origin.role()) {
            case EXPERT_GATE -> new RandomSource(seed, path);
            case EXPERTS -> stored.source(denseName(path), 0); // the same for each part
            default -> stored.source(path, part);
        };
    }

    /** Returns the path of the matrix that an expert's is a copy of. */
    private static String denseName(String path) {
        int end = path.indexOf("moe.");
        return path.substring(0, end) + DENSE_NAMES.get(path.substring(end));
    }

    /** The dense model's tensors by the paths of its parameters. */
    private static final class Stored {

        private final Map<String, List<TensorEntry>> tensors = new HashMap<>();
        private final TensorReader reader;

        Stored(TensorPlan plan, TensorReader reader) {
            for (Assignment assignment : plan.assignments()) {
                tensors.put(assignment.path(), assignment.sources());
            }
            this.reader = reader;
        }

        FloatSource source(String path, int part) {
            TensorEntry entry = tensors.get(path).get(part);
            return (first, floats) -> reader.readFloats(entry, first, floats);
        }
    }
}
