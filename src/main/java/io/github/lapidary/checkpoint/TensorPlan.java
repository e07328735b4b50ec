package io.github.lapidary.checkpoint;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import io.github.lapidary.checkpoint.TensorNames.Origin;
import io.github.lapidary.checkpoint.TensorNames.Role;
import io.github.lapidary.checkpoint.TensorNames.Style;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.file.TensorEntry;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.nn.Linear;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which tensors of a checkpoint fill which parameters of a model; made only if all of them fit.
 *
 * @param assignments one for each parameter, in the model's order
 */
record TensorPlan(List<Assignment> assignments) {

    /** The types that weights may be stored in. */
    private static final Set<StoredType> WEIGHT_TYPES =
            EnumSet.complementOf(
                    EnumSet.of(
                            StoredType.F64,
                            StoredType.I8,
                            StoredType.I16,
                            StoredType.I32,
                            StoredType.I64,
                            StoredType.U8,
                            StoredType.BOOL));

    /** Where transformers puts the text model, in the order in which they are tried. */
    private static final List<String> PREFIXES =
            List.of("model.", "language_model.model.", "model.language_model.", "");

    /**
     * What a text model leaves aside: the vision tower of a multimodal checkpoint, and tables that
     * older versions of transformers stored though they follow from the configuration.
     */
    private static final List<String> SKIPPED =
            List.of(
                    "vision_tower.*",
                    "multi_modal_projector.*",
                    "model.vision_tower.*",
                    "model.multi_modal_projector.*",
                    ".*rotary_emb\\.inv_freq");

    private static final int LISTED = 20;

    /**
     * A parameter and its sources.
     *
     * @param path the parameter's path
     * @param sources its tensors, from the top rows to the last
     */
    record Assignment(String path, Parameter parameter, Role role, List<TensorEntry> sources) {}

    /**
     * Assigns the tensors of a checkpoint to the parameters of a model.
     *
     * @throws MalformedModelException if a tensor is missing, unexpected, or of another shape or
     *     type; the message lists them all
     */
    static TensorPlan of(Checkpoint checkpoint, CausalLanguageModel model)
            throws MalformedModelException {
        Map<String, Parameter> parameters = model.parametersByPath();
        Map<String, TensorEntry> tensors = checkpoint.tensors().tensors();
        Style style = checkpoint.style();
        String prefix = style == Style.GGUF ? "" : prefix(tensors);
        List<String> problems = new ArrayList<>();
        List<Assignment> assignments = new ArrayList<>();
        Set<String> used = new HashSet<>();
        for (Origin origin : TensorNames.origins(checkpoint.config(), parameters.keySet(), style)) {
            Parameter parameter = parameters.get(origin.parameter());
            List<TensorEntry> sources = new ArrayList<>();
            for (String source : origin.sources()) {
                TensorEntry entry = tensors.get(prefix + source);
                used.add(prefix + source);
                if (entry == null) {
                    problems.add("missing: " + prefix + source);
                } else {
                    sources.add(entry);
                }
            }
            if (sources.size() == origin.sources().size()) {
                check(shapes(model, origin.parameter(), parameter.getShape()), sources, problems);
            }
            assignments.add(new Assignment(origin.parameter(), parameter, origin.role(), sources));
        }
        tensors.keySet().stream()
                .filter(name -> !used.contains(name))
                .filter(name -> SKIPPED.stream().noneMatch(name::matches))
                .forEach(name -> problems.add("unexpected: " + name));
        if (!problems.isEmpty()) {
            throw new MalformedModelException(message(checkpoint, problems));
        }
        return new TensorPlan(List.copyOf(assignments));
    }

    private static String prefix(Map<String, TensorEntry> tensors) {
        return PREFIXES.stream()
                .filter(prefix -> tensors.containsKey(prefix + "embed_tokens.weight"))
                .findFirst()
                .orElse(PREFIXES.get(0));
    }

    private static void check(
            List<Shape> shapes, List<TensorEntry> sources, List<String> problems) {
        for (int i = 0; i < sources.size(); i++) {
            TensorEntry entry = sources.get(i);
            Shape found = new Shape(entry.shape().stream().mapToLong(Long::longValue).toArray());
            if (!found.equals(shapes.get(i))) {
                problems.add("misshapen: " + describe(entry) + ", expected " + shapes.get(i));
            }
            if (!WEIGHT_TYPES.contains(entry.type())) {
                problems.add("of a type that weights do not have: " + describe(entry));
            }
        }
    }

    /** Returns the shapes of a parameter's sources. */
    private static List<Shape> shapes(CausalLanguageModel model, String path, Shape whole) {
        if (model.at(path.substring(0, path.lastIndexOf('.'))) instanceof Linear linear) {
            return linear.parts().stream().map(rows -> new Shape(rows, whole.get(1))).toList();
        }
        return List.of(whole);
    }

    private static String describe(TensorEntry entry) {
        return entry.name() + " " + entry.shape() + " " + entry.type();
    }

    private static String message(Checkpoint checkpoint, List<String> problems) {
        List<String> listed = problems.subList(0, Math.min(LISTED, problems.size()));
        String more =
                problems.size() > LISTED ? "\n  and " + (problems.size() - LISTED) + " more" : "";
        return checkpoint.path()
                + ": the tensors do not fit the configuration ("
                + checkpoint.config().modelType()
                + ", "
                + checkpoint.config().numHiddenLayers()
                + " layers):\n  "
                + String.join("\n  ", listed)
                + more;
    }
}
