package io.github.lapidary.checkpoint;

import io.github.lapidary.checkpoint.TensorPlan.Assignment;
import io.github.lapidary.file.TensorEntry;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.model.CausalLanguageModel;
import java.io.IOException;
import java.util.List;

/**
 * How the tensors of a checkpoint fit the parameters of a model; found without reading weights.
 *
 * @param parameters all parameters of the model, in its order
 * @param leftAside tensors that a text model does without, as those of a vision tower, and output
 *     matrices that are to be the embedding once more
 * @param problems what keeps the checkpoint from being loaded; empty if all fits
 */
public record TensorFit(
        List<Fitted> parameters, List<TensorEntry> leftAside, List<TensorProblem> problems) {

    /** Makes the lists immutable. */
    public TensorFit {
        parameters = List.copyOf(parameters);
        leftAside = List.copyOf(leftAside);
        problems = List.copyOf(problems);
    }

    /**
     * A parameter and what the checkpoint has for it.
     *
     * @param path the parameter's path, such as {@code layers.0.mlp.down_proj.weight}
     * @param part what it belongs to
     * @param elements how many numbers it has
     * @param tensors its tensors, from the top rows to the last; some or all may be missing
     * @param added what the file adds to each number: 1 for the norms of GGUF, else 0
     * @param plusOne whether the model multiplies by one plus each number, as Gemma's norms do
     * @param alwaysFloat32 whether it is float32 in models of every format
     */
    public record Fitted(
            String path,
            Part part,
            long elements,
            List<TensorEntry> tensors,
            float added,
            boolean plusOne,
            boolean alwaysFloat32) {

        /** Makes the list immutable. */
        public Fitted {
            tensors = List.copyOf(tensors);
        }

        /** Returns the memory that it takes in a model of a format, in bytes. */
        public long bytes(WeightFormat format) {
            WeightFormat held = alwaysFloat32 ? WeightFormat.FLOAT32 : format;
            return Math.multiplyExact(elements, held.bytes());
        }
    }

    /**
     * Compares the directory of a checkpoint with a model's parameters.
     *
     * @param model of the checkpoint's configuration, with or without weights
     */
    public static TensorFit of(Checkpoint checkpoint, CausalLanguageModel model) {
        TensorPlan plan = TensorPlan.draft(checkpoint, model);
        return new TensorFit(
                plan.assignments().stream().map(own -> fitted(own, checkpoint)).toList(),
                plan.leftAside(),
                plan.problems().list());
    }

    /**
     * Compares output matrices that are stored beside the embedding with that, which needs all of
     * their bytes.
     *
     * @return what keeps the checkpoint from being loaded
     */
    public static List<TensorProblem> untied(Checkpoint checkpoint, CausalLanguageModel model)
            throws IOException {
        return TensorPlan.draft(checkpoint, model).differing(checkpoint.tensors());
    }

    private static Fitted fitted(Assignment assignment, Checkpoint checkpoint) {
        WeightFormat narrowest = assignment.role().heldIn(WeightFormat.BFLOAT16);
        return new Fitted(
                assignment.path(),
                assignment.part(),
                assignment.parameter().getShape().size(),
                assignment.sources(),
                assignment.role().added(checkpoint.style()),
                assignment.role() == Role.NORM,
                narrowest == WeightFormat.FLOAT32);
    }
}
