package io.github.lapidary.kernel;

import io.github.lapidary.kernel.KernelParameter.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * An entry point from Java: one kernel function with a model's numbers bound as literals, or a
 * chain of such functions, each of which takes what the one before returns.
 *
 * <p>From one description come two generated methods, for inference and for training, which differ
 * only in how arguments arrive: a training call can pass nothing but tensors. Two equal
 * descriptions are one method of an archive.
 */
public final class KernelMethod {

    private static final String ADD = "gradients.add";

    private final List<Link> links;
    private final List<KernelParameter> parameters;
    private final boolean recomputed;
    private final Optional<String> reverse; // the function that gives gradients; else autograd does
    private final Optional<Recording> recording; // how autograd records it; else as a whole
    private final int hash; // it is asked for at every call

    private KernelMethod(
            List<Link> links,
            boolean recomputed,
            Optional<String> reverse,
            Optional<Recording> recording) {
        this.links = List.copyOf(links);
        this.recomputed = recomputed;
        this.reverse = reverse;
        this.recording = recording;
        this.parameters = links.stream().flatMap(link -> link.parameters().stream()).toList();
        this.hash = this.links.hashCode();
    }

    /**
     * A function that is called.
     *
     * @param function its name, {@code topic.name}
     * @param parameters what a call passes to it, in the function's order; after the first of a
     *     chain without the first argument
     */
    record Link(String function, List<KernelParameter> parameters) {

        List<String> arguments(boolean training) {
            List<String> arguments = new ArrayList<>();
            parameters.forEach(parameter -> arguments.add(parameter.argument(training)));
            return arguments;
        }
    }

    /**
     * How autograd records a function in parts.
     *
     * @param function returns the result and what else the way back needs
     * @param adding adds the gradients
     */
    record Recording(String function, String adding) {}

    /**
     * Describes a chain: the first of these, then each with the result of the one before as its
     * first argument. Its arguments are those of all, one after another. It is for inference only.
     *
     * @throws IllegalArgumentException if one that follows takes no tensor first
     */
    public static KernelMethod chain(List<KernelMethod> methods) {
        List<Link> links = new ArrayList<>();
        for (KernelMethod method : methods) {
            for (Link link : method.links) {
                links.add(links.isEmpty() ? link : following(link, links.size()));
            }
        }
        return new KernelMethod(links, false, Optional.empty(), Optional.empty());
    }

    private static Link following(Link link, int place) {
        List<KernelParameter> parameters = link.parameters();
        if (parameters.isEmpty() || parameters.get(0).kind() != Kind.TENSOR) {
            throw new IllegalArgumentException(link.function() + " takes no tensor first.");
        }
        return new Link(
                link.function(),
                parameters.stream().skip(1).map(parameter -> parameter.at(place)).toList());
    }

    /** Returns the kernel function, {@code topic.name}, of a chain the first. */
    public String function() {
        return links.get(0).function();
    }

    /** Returns the functions, of which all but the first take what the one before returns. */
    List<Link> links() {
        return links;
    }

    /** Returns the function that gives gradients in place of autograd. */
    Optional<String> reverse() {
        return reverse;
    }

    /** Returns how autograd records it in parts. */
    Optional<Recording> recording() {
        return recording;
    }

    /** Returns whether a third method is generated, which runs it again for its gradients. */
    boolean recomputed() {
        return recomputed;
    }

    /** Returns whether another method is generated, which gives a recording in parts. */
    boolean recordsParts() {
        return recording.isPresent();
    }

    /**
     * Returns what adds the gradients of a recording of this: it takes {@code y}, what was
     * recorded, {@code x}, the first argument, {@code w}, the weights, {@code dy}, the gradient of
     * the result, and {@code g}, the sums of the weights' gradients, and returns that of the first
     * argument.
     */
    public KernelMethod adding() {
        return adding(addingFunction());
    }

    /** Returns the name of what adds the gradients. */
    String addingFunction() {
        return recording.map(Recording::adding).orElse(ADD);
    }

    /** Returns what adds the gradients of what autograd has recorded as a whole. */
    public static KernelMethod addingOfWhole() {
        return adding(ADD);
    }

    private static KernelMethod adding(String function) {
        return of(function).tensors("y").tensor("x").tensors("w").tensor("dy").tensors("g").build();
    }

    /** Returns the arguments, in the order in which a call passes them. */
    List<KernelParameter> parameters() {
        return parameters;
    }

    @Override
    public boolean equals(Object other) {
        if (this == other) {
            return true;
        }
        return other instanceof KernelMethod method
                && hash == method.hash
                && recomputed == method.recomputed
                && reverse.equals(method.reverse)
                && recording.equals(method.recording)
                && links.equals(method.links);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return links.toString();
    }

    /** Starts a description of the kernel function {@code topic.name}. */
    public static Builder of(String function) {
        return new Builder(function);
    }

    /** Returns whether a training call can be generated. */
    boolean trains() {
        return links.size() == 1
                && parameters.stream().noneMatch(parameter -> parameter.kind() == Kind.TEXT);
    }

    /** Declares the arguments in the function's order. */
    public static final class Builder {

        private final String function;
        private final List<KernelParameter> parameters = new ArrayList<>();
        private boolean recomputed;
        private Optional<String> reverse = Optional.empty();
        private Optional<Recording> recording = Optional.empty();

        private Builder(String function) {
            this.function = function;
        }

        private Builder add(Kind kind, String text) {
            parameters.add(new KernelParameter(kind, text, List.of()));
            return this;
        }

        /** A tensor. */
        public Builder tensor(String name) {
            return add(Kind.TENSOR, name);
        }

        /** A list of tensors; in training of at least one. */
        public Builder tensors(String name) {
            return add(Kind.TENSORS, name);
        }

        /**
         * The weights of several blocks, a list of tensors for each.
         *
         * @param groups how many tensors each block has
         */
        public Builder weights(String name, List<Integer> groups) {
            parameters.add(new KernelParameter(Kind.WEIGHTS, name, List.copyOf(groups)));
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
            return add(Kind.LITERAL, finite(number));
        }

        private String finite(double number) {
            if (!Double.isFinite(number)) {
                throw new IllegalArgumentException(
                        function + " takes finite numbers, not " + number + ".");
            }
            return Double.toString(number).toLowerCase(Locale.ROOT);
        }

        /** A list of one number or none that is the same in every call. */
        public Builder literal(OptionalDouble number) {
            return number.isPresent()
                    ? add(Kind.LITERAL, "[" + finite(number.getAsDouble()) + "]")
                    : add(Kind.LITERAL, "annotate(List[float], [])");
        }

        /** A truth value that is the same in every call. */
        public Builder literal(boolean value) {
            return add(Kind.LITERAL, value ? "True" : "False");
        }

        /** A word of small letters, digits and underscores that is the same in every call. */
        public Builder literal(String word) {
            if (!word.matches("[a-z0-9_]+")) {
                throw new IllegalArgumentException(function + " takes words, not " + word + ".");
            }
            return add(Kind.LITERAL, '"' + word + '"');
        }

        /** Lets {@link KernelCall#gradients} run it again, from its first argument and weights. */
        public Builder recomputed() {
            recomputed = true;
            return this;
        }

        /**
         * Names the functions of a reverse pass that autograd has only parts of.
         *
         * @param recorded takes the same arguments and returns a list: the result, then what the
         *     other needs of how it was computed
         * @param adding adds the gradients, as {@link KernelMethod#adding()} says
         */
        public Builder recordedBy(String recorded, String adding) {
            recording = Optional.of(new Recording(recorded, adding));
            return this;
        }

        /**
         * Names the function that gives the gradients instead of autograd when it is run again: it
         * takes the same arguments, the gradient of the result, and the sums of the weights'
         * gradients, which it adds to, and returns that of the first argument.
         */
        public Builder reversedBy(String gradients) {
            reverse = Optional.of(gradients);
            return this;
        }

        /** Returns the description. */
        public KernelMethod build() {
            return new KernelMethod(
                    List.of(new Link(function, List.copyOf(parameters))),
                    recomputed,
                    reverse,
                    recording);
        }
    }
}
