package io.github.lapidary.checkpoint;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import io.github.lapidary.checkpoint.TensorNames.Origin;
import io.github.lapidary.checkpoint.TensorNames.Style;
import io.github.lapidary.file.TensorContainer;
import io.github.lapidary.file.TensorEntry;
import io.github.lapidary.file.TensorReader;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.nn.Experts;
import io.github.lapidary.nn.Linear;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which tensors of a checkpoint fill which parameters of a model.
 *
 * @param assignments one for each parameter, in the model's order
 * @param leftAside tensors that a text model does without
 * @param heads those of them that must be the embedding once more
 * @param problems what does not fit; assignments may then lack sources
 */
record TensorPlan(
        List<Assignment> assignments,
        List<TensorEntry> leftAside,
        List<TiedHead> heads,
        TensorProblems problems) {

    /** Where transformers puts the text model, in the order in which they are tried. */
    private static final List<String> PREFIXES =
            List.of("model.", "language_model.model.", "model.language_model.", "");

    /**
     * The families whose checkpoints may have a vision tower, which the text model leaves aside.
     */
    private static final Set<String> MULTIMODAL = Set.of("gemma3_text");

    private static final List<String> VISION =
            List.of(
                    "vision_tower.*",
                    "multi_modal_projector.*",
                    "model.vision_tower.*",
                    "model.multi_modal_projector.*");

    /** Older versions of transformers stored these, though they follow from the configuration. */
    private static final String ROTARY_TABLE = ".*rotary_emb\\.inv_freq";

    /**
     * A parameter and its sources.
     *
     * @param path the parameter's path
     * @param sources its tensors, from the top rows to the last
     */
    record Assignment(
            String path, Parameter parameter, Role role, Part part, List<TensorEntry> sources) {}

    /**
     * Assigns the tensors of a checkpoint to the parameters of a model.
     *
     * @throws MalformedModelException if a tensor is missing, unexpected, of another shape or type,
     *     or an output matrix is not the embedding; the message lists them all
     * @throws IOException if an output matrix cannot be read
     */
    static TensorPlan of(Checkpoint checkpoint, CausalLanguageModel model)
            throws IOException, MalformedModelException {
        TensorPlan plan = draft(checkpoint, model);
        plan.problems.throwIfAny();
        plan.differing(checkpoint.tensors()).forEach(plan.problems::add);
        plan.problems.throwIfAny();
        return plan;
    }

    /** Reads the output matrices and returns what is wrong with them. */
    List<TensorProblem> differing(TensorContainer tensors) throws IOException {
        List<TensorProblem> differing = new ArrayList<>();
        if (!heads.isEmpty()) {
            try (TensorReader reader = new TensorReader(tensors)) {
                for (TiedHead head : heads) {
                    head.differing(reader).ifPresent(differing::add);
                }
            }
        }
        return differing;
    }

    /** Assigns what fits, and collects what does not. */
    static TensorPlan draft(Checkpoint checkpoint, CausalLanguageModel model) {
        Map<String, Parameter> parameters = model.parametersByPath();
        Map<String, TensorEntry> tensors = checkpoint.tensors().tensors();
        ExpertCount experts = ExpertCount.of(checkpoint);
        List<Origin> origins =
                TensorNames.origins(
                        checkpoint.config(),
                        parameters.keySet(),
                        checkpoint.style(),
                        experts.common());
        String prefix = prefix(checkpoint, origins);
        TensorProblems problems = new TensorProblems(checkpoint, prefix, experts);
        List<Assignment> assignments = new ArrayList<>();
        Set<String> used = new HashSet<>();
        for (Origin origin : origins) {
            Parameter parameter = parameters.get(origin.parameter());
            List<Shape> shapes = partShapes(model, origin, parameter.getShape());
            List<TensorEntry> sources = new ArrayList<>();
            for (int i = 0; i < shapes.size(); i++) {
                String name = prefix + origin.sources().get(i);
                TensorEntry entry = tensors.get(name);
                used.add(name);
                if (entry == null) {
                    problems.missing(name);
                } else {
                    problems.check(entry, shapes.get(i));
                    sources.add(entry);
                }
            }
            assignments.add(
                    new Assignment(
                            origin.parameter(), parameter, origin.role(), origin.part(), sources));
        }
        List<TensorEntry> leftAside = new ArrayList<>();
        List<TiedHead> heads = new ArrayList<>();
        Optional<TensorEntry> embedding = embedding(assignments);
        for (TensorEntry entry : tensors.values()) {
            String name = entry.name();
            if (used.contains(name)) {
                continue;
            }
            if (embedding.isPresent() && TiedHead.isNamed(name, checkpoint.style())) {
                TiedHead head = new TiedHead(entry, embedding.get());
                heads.add(head);
                head.unlike().ifPresent(problems::add);
                leftAside.add(entry);
            } else if (isSkipped(name, checkpoint.config().modelType())) {
                leftAside.add(entry);
            } else {
                problems.unexpected(name);
            }
        }
        return new TensorPlan(
                List.copyOf(assignments), List.copyOf(leftAside), List.copyOf(heads), problems);
    }

    private static Optional<TensorEntry> embedding(List<Assignment> assignments) {
        return assignments.stream()
                .filter(assignment -> assignment.role() == Role.EMBEDDING)
                .flatMap(assignment -> assignment.sources().stream())
                .findFirst();
    }

    private static boolean isSkipped(String name, String modelType) {
        return name.matches(ROTARY_TABLE)
                || (MULTIMODAL.contains(modelType) && VISION.stream().anyMatch(name::matches));
    }

    /** Returns the prefix under which most of the names are found. */
    private static String prefix(Checkpoint checkpoint, List<Origin> origins) {
        Set<String> names = checkpoint.tensors().tensors().keySet();
        String best = "";
        long most = -1;
        for (String prefix : checkpoint.style() == Style.GGUF ? List.of("") : PREFIXES) {
            long found =
                    origins.stream()
                            .flatMap(origin -> origin.sources().stream())
                            .filter(name -> names.contains(prefix + name))
                            .count();
            if (found > most) {
                best = prefix;
                most = found;
            }
        }
        return best;
    }

    /** Returns the number of all weights. */
    long elements() {
        return assignments.stream().mapToLong(a -> a.parameter().getShape().size()).sum();
    }

    /** Returns the block that a parameter of experts belongs to. */
    static Experts experts(CausalLanguageModel model, String path) {
        return (Experts) block(model, path);
    }

    /** Returns the block that a linear weight belongs to. */
    static Linear linear(CausalLanguageModel model, String path) {
        return (Linear) block(model, path);
    }

    private static Block block(CausalLanguageModel model, String path) {
        return model.at(path.substring(0, path.lastIndexOf('.')));
    }

    /**
     * Returns the shapes of the tensors that make up a parameter, from the top rows to the last.
     *
     * @param origin the parameter's
     * @param whole its shape
     */
    static List<Shape> partShapes(CausalLanguageModel model, Origin origin, Shape whole) {
        if (origin.role() == Role.EXPERTS) {
            return Collections.nCopies(origin.sources().size(), whole.slice(1));
        }
        String path = origin.parameter();
        if (origin.sources().size() > 1
                && model.at(path.substring(0, path.lastIndexOf('.'))) instanceof Linear linear) {
            Shape row = whole.slice(1); // of a bias it has no dimensions
            return linear.parts().stream().map(rows -> new Shape(rows).addAll(row)).toList();
        }
        return List.of(whole);
    }
}
