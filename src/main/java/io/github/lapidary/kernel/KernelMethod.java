package io.github.lapidary.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * An entry point from Java: one kernel function with a model's numbers bound as literals.
 *
 * <p>From one description come two generated methods, for inference and for training, which differ
 * only in how arguments arrive: a training call can pass nothing but tensors. Two equal
 * descriptions are one method of an archive.
 *
 * @param function the kernel function, {@code topic.name}
 * @param parameters its arguments, in the function's order
 * @param recomputed whether a third is generated, which runs it again for its gradients
 */
public record KernelMethod(String function, List<Parameter> parameters, boolean recomputed) {

    /** Makes the list immutable. */
    public KernelMethod {
        parameters = List.copyOf(parameters);
    }

    /** Starts a description of the kernel function {@code topic.name}. */
    public static Builder of(String function) {
        return new Builder(function);
    }

    /** What the generated method for gradients calls the gradient of the result. */
    static final String GRADIENT = "gradient_";

    /** What it calls the sums of the weights' gradients. */
    static final String SUMS = "sums_";

    /** How an argument of a kernel function arrives. */
    enum Kind {
        TENSOR("Tensor", "Tensor"),
        TENSORS("List[Tensor]", "List[Tensor]"),
        WEIGHTS("List[List[Tensor]]", "List[Tensor]"),
        STATES("List[Tensor]", null),
        INTEGERS("List[int]", "Tensor"),
        TEXT("str", null),
        LITERAL(null, null);

        private final String inferenceType;
        private final String trainingType;

        Kind(String inferenceType, String trainingType) {
            this.inferenceType = inferenceType;
            this.trainingType = trainingType;
        }
    }

    /**
     * One argument.
     *
     * @param kind how it arrives
     * @param text its name, or the source of a literal
     * @param groups of weights: how many tensors each block of the list has
     */
    record Parameter(Kind kind, String text, List<Integer> groups) {

        boolean isPassed(boolean training) {
            return typeIn(training) != null;
        }

        private String typeIn(boolean training) {
            return training ? kind.trainingType : kind.inferenceType;
        }

        private String argument(boolean training) {
            if (!training) {
                return text;
            }
            return switch (kind) {
                case WEIGHTS -> regrouped();
                case STATES -> "annotate(List[Tensor], [])";
                case INTEGERS -> "__torch__.tokens.integers(" + text + ")";
                case TEXT ->
                        throw new IllegalStateException(text + " cannot be passed in training.");
                case TENSOR, TENSORS, LITERAL -> text;
            };
        }

        private String regrouped() {
            List<String> lists = new ArrayList<>();
            int next = 0;
            for (int size : groups) {
                List<String> items = new ArrayList<>();
                for (int i = 0; i < size; i++) {
                    items.add(text + "[" + next++ + "]");
                }
                lists.add("[" + String.join(", ", items) + "]");
            }
            return "[" + String.join(", ", lists) + "]";
        }
    }

    /** Returns whether a training call can be generated. */
    boolean trains() {
        return parameters.stream().noneMatch(parameter -> parameter.kind == Kind.TEXT);
    }

    /** Returns the source of the generated method. */
    String source(String name, boolean training) {
        List<String> declared = new ArrayList<>(List.of("self: __torch__.Kernels"));
        List<String> arguments = arguments(declared, training);
        return method(name, declared, "return " + call(arguments));
    }

    /**
     * Returns the source of the generated method that takes, besides what a training call takes,
     * the gradient of the result and where those of the weights are added, and returns that of the
     * first argument.
     */
    String gradientSource(String name) {
        List<String> declared = new ArrayList<>(List.of("self: __torch__.Kernels"));
        List<String> arguments = arguments(declared, true);
        declared.add(GRADIENT + ": Tensor");
        declared.add(SUMS + ": List[Tensor]");
        String x = arguments.get(0);
        String w = parameters.stream().filter(p -> p.kind == Kind.WEIGHTS).findFirst().get().text;
        arguments.set(0, "leaf_");
        return method(
                name,
                declared,
                "leaf_ = __torch__.gradients.leaf(%s)".formatted(x),
                "result_ = " + call(arguments),
                "return __torch__.gradients.add(result_, leaf_, %s, %s, %s)"
                        .formatted(w, GRADIENT, SUMS));
    }

    private String call(List<String> arguments) {
        return "__torch__.%s(%s)".formatted(function, String.join(", ", arguments));
    }

    private static String method(String name, List<String> declared, String... lines) {
        return "  def %s(%s) -> Tensor:\n    %s\n"
                .formatted(name, String.join(", ", declared), String.join("\n    ", lines));
    }

    /** Declares what is passed; returns what the function is called with. */
    private List<String> arguments(List<String> declared, boolean training) {
        List<String> arguments = new ArrayList<>();
        for (Parameter parameter : parameters) {
            if (parameter.isPassed(training)) {
                declared.add(parameter.text + ": " + parameter.typeIn(training));
            }
            arguments.add(parameter.argument(training));
        }
        return arguments;
    }

    /** Declares the arguments in the function's order. */
    public static final class Builder {

        private final String function;
        private final List<Parameter> parameters = new ArrayList<>();
        private boolean recomputed;

        private Builder(String function) {
            this.function = function;
        }

        private Builder add(Kind kind, String text) {
            parameters.add(new Parameter(kind, text, List.of()));
            return this;
        }

        /** A tensor. */
        public Builder tensor(String name) {
            return add(Kind.TENSOR, name);
        }

        /** A list of at least one tensor. */
        public Builder tensors(String name) {
            return add(Kind.TENSORS, name);
        }

        /**
         * The weights of several blocks, a list of tensors for each.
         *
         * @param groups how many tensors each block has
         */
        public Builder weights(String name, List<Integer> groups) {
            parameters.add(new Parameter(Kind.WEIGHTS, name, List.copyOf(groups)));
            return this;
        }

        /** A list of states, updated in place; empty in training. */
        public Builder states(String name) {
            return add(Kind.STATES, name);
        }

        /** A list of integers that change from call to call. */
        public Builder integers(String name) {
            return add(Kind.INTEGERS, name);
        }

        /** A string; such a method cannot be called in training. */
        public Builder text(String name) {
            return add(Kind.TEXT, name);
        }

        /** An integer that is the same in every call. */
        public Builder literal(long number) {
            return add(Kind.LITERAL, Long.toString(number));
        }

        /** A finite number that is the same in every call. */
        public Builder literal(double number) {
            if (!Double.isFinite(number)) {
                throw new IllegalArgumentException(
                        function + " takes finite numbers, not " + number + ".");
            }
            return add(Kind.LITERAL, Double.toString(number).toLowerCase(Locale.ROOT));
        }

        /** Lets {@link KernelCall#gradients} run it again, from its first argument and weights. */
        public Builder recomputed() {
            recomputed = true;
            return this;
        }

        /** Returns the description. */
        public KernelMethod build() {
            return new KernelMethod(function, parameters, recomputed);
        }
    }
}
