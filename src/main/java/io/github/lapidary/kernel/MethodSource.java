package io.github.lapidary.kernel;

import io.github.lapidary.kernel.KernelMethod.Link;
import io.github.lapidary.kernel.KernelParameter.Kind;
import java.util.ArrayList;
import java.util.List;

/** Writes the source of the methods that are generated from a description. */
final class MethodSource {

    /** What the method for gradients calls the sums of the weights' gradients. */
    static final String SUMS = "sums_";

    private static final String GRADIENT = "gradient_"; // of the result
    private static final String RESULT = "result"; // of a function of a chain

    private final KernelMethod method;

    MethodSource(KernelMethod method) {
        this.method = method;
    }

    /** Returns the method for inference or for training. */
    String plain(String name, boolean training) {
        List<String> lines = lines(training);
        lines.set(lines.size() - 1, "return " + lines.get(lines.size() - 1));
        return definition(name, declared(training), "Tensor", lines);
    }

    /** Returns the method that records in parts. */
    String recording(String name) {
        return definition(
                name, declared(true), "List[Tensor]", List.of("return " + recorded(arguments())));
    }

    /**
     * Returns the method that takes, besides what a training call takes, the gradient of the result
     * and where those of the weights are added, and returns that of the first argument.
     */
    String gradients(String name) {
        List<String> declared = declared(true);
        declared.add(GRADIENT + ": Tensor");
        declared.add(SUMS + ": List[Tensor]");
        List<String> lines = method.reverse().map(this::reversed).orElseGet(this::recomputed);
        return definition(name, declared, "Tensor", lines);
    }

    private List<String> reversed(String function) {
        List<String> arguments = arguments();
        arguments.add(GRADIENT);
        arguments.add(SUMS);
        return List.of("return " + call(function, arguments));
    }

    private List<String> recomputed() {
        List<String> arguments = arguments();
        arguments.set(0, "leaf_");
        List<KernelParameter> parameters = method.parameters();
        String weights =
                parameters.stream()
                        .filter(parameter -> parameter.kind() == Kind.WEIGHTS)
                        .findFirst()
                        .orElseThrow()
                        .text();
        List<String> added = List.of("recorded_", "leaf_", weights, GRADIENT, SUMS);
        return List.of(
                "leaf_ = __torch__.gradients.leaf(%s)".formatted(parameters.get(0).text()),
                "recorded_ = " + recorded(arguments),
                "return " + call(method.addingFunction(), added));
    }

    private List<String> arguments() {
        return method.links().get(0).arguments(true);
    }

    /** Returns the call whose list begins with the result. */
    private String recorded(List<String> arguments) {
        return method.recording()
                .map(parts -> call(parts.function(), arguments))
                .orElseGet(() -> "[" + call(method.function(), arguments) + "]");
    }

    /** Returns a line for each function, all but the last with a result. */
    private List<String> lines(boolean training) {
        List<Link> links = method.links();
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < links.size(); i++) {
            List<String> arguments = links.get(i).arguments(training);
            if (i > 0) {
                arguments.add(0, RESULT);
            }
            lines.add(
                    (i < links.size() - 1 ? RESULT + " = " : "")
                            + call(links.get(i).function(), arguments));
        }
        return lines;
    }

    private List<String> declared(boolean training) {
        List<String> declared = new ArrayList<>(List.of("self: __torch__.Kernels"));
        for (KernelParameter parameter : method.parameters()) {
            if (parameter.isPassed(training)) {
                declared.add(parameter.text() + ": " + parameter.typeIn(training));
            }
        }
        return declared;
    }

    private static String call(String function, List<String> arguments) {
        return "__torch__.%s(%s)".formatted(function, String.join(", ", arguments));
    }

    private static String definition(
            String name, List<String> declared, String result, List<String> lines) {
        return "  def %s(%s) -> %s:\n    %s\n"
                .formatted(name, String.join(", ", declared), result, String.join("\n    ", lines));
    }
}
