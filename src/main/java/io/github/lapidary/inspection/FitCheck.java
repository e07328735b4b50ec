package io.github.lapidary.inspection;

import io.github.lapidary.checkpoint.TensorProblem;
import io.github.lapidary.checkpoint.TensorProblem.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Tells what keeps tensors from fitting the configuration: once for all layers, not for each. */
final class FitCheck {

    private static final String DOES_NOT_LOAD = "The model does not load";

    private FitCheck() {}

    /** What findings are one by. */
    private record Group(Kind kind, TensorNamePattern pattern, String detail) {}

    static List<Finding> findings(List<TensorProblem> problems) {
        Map<Group, List<String>> groups = new LinkedHashMap<>();
        for (TensorProblem problem : problems) {
            Group group =
                    new Group(
                            problem.kind(),
                            TensorNamePattern.of(problem.tensor()),
                            problem.detail());
            groups.computeIfAbsent(group, key -> new ArrayList<>()).add(problem.tensor());
        }
        return groups.entrySet().stream()
                .map(group -> finding(group.getKey(), group.getValue()))
                .toList();
    }

    private static Finding finding(Group group, List<String> names) {
        String where = group.pattern.place(names);
        return switch (group.kind) {
            case LAYERS ->
                    Finding.error(
                            "The configuration and the tensors differ in the number of layers: "
                                    + group.detail
                                    + ".",
                            "num_hidden_layers",
                            DOES_NOT_LOAD + ".",
                            "If layers are missing, so is a file: fetch the checkpoint again. Else"
                                    + " correct the number in the configuration.");
            case EXPERTS ->
                    Finding.error(
                            "The configuration and the tensors differ in the number of experts: "
                                    + group.detail
                                    + ".",
                            "num_experts",
                            DOES_NOT_LOAD + ".",
                            "If experts are missing, so is a file: fetch the checkpoint again. Else"
                                    + " correct the number in the configuration.");
            case MISSING ->
                    Finding.error(
                            "A tensor is missing.",
                            where,
                            DOES_NOT_LOAD + ": the parameter would have no values.",
                            "Fetch the checkpoint again, or convert it again if the tensor has"
                                    + " another name in it.");
            case UNEXPECTED ->
                    Finding.error(
                            "The model has no parameter for a tensor.",
                            where,
                            DOES_NOT_LOAD + ": without the tensor it would compute otherwise.",
                            "Check that model_type names the model's family. Remove the tensor if"
                                    + " it is left over from training or conversion.");
            case MISSHAPEN ->
                    Finding.error(
                            "A tensor has the wrong shape: " + group.detail + ".",
                            where,
                            DOES_NOT_LOAD + ".",
                            names.size() > 1
                                    ? "So many alike: correct the size in the configuration, or"
                                            + " convert again if all were transposed."
                                    : "Correct the size in the configuration; if that is right,"
                                            + " the tensor is of another model: fetch the"
                                            + " checkpoint again.");
            case MISTYPED ->
                    Finding.error(
                            "A tensor is stored as " + group.detail + ", which weights are not.",
                            where,
                            DOES_NOT_LOAD + ": the numbers mean nothing without their scales.",
                            "Convert the checkpoint to bfloat16 or float32, or take a GGUF file.");
            case UNTIED ->
                    Finding.error(
                            "An output matrix is not the embedding that it is tied to: "
                                    + group.detail
                                    + ".",
                            where,
                            DOES_NOT_LOAD + ": tie_word_embeddings says that both are one.",
                            "Remove the tensor if it is left over from training or a merge, which"
                                    + " makes it the embedding.");
        };
    }
}
