package io.github.lapidary.checkpoint;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.checkpoint.TensorProblem.Kind;
import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.file.Printable;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.file.TensorEntry;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * All that keeps the tensors of a checkpoint from fitting its configuration, for one message.
 *
 * <p>If whole layers are too many or too few, or experts in all of them, that is said once, not for
 * each of their tensors.
 */
final class TensorProblems {

    private static final int LISTED_OF_A_KIND = 20;

    private static final Pattern LAYER = Pattern.compile("(?:layers|blk)\\.(\\d{1,6})\\..*");

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

    private final Checkpoint checkpoint;
    private final String prefix;

    /** Layers from this one on are told of by their number alone. */
    private final int commonLayers;

    private final ExpertCount experts;

    private final Map<Kind, List<TensorProblem>> problems = new EnumMap<>(Kind.class);

    /**
     * Starts without problems, except if the number of layers is one.
     *
     * @param prefix what comes before the names of all tensors of the text model
     */
    TensorProblems(Checkpoint checkpoint, String prefix, ExpertCount experts) {
        this.checkpoint = checkpoint;
        this.prefix = prefix;
        this.experts = experts;
        int expected = checkpoint.config().numHiddenLayers();
        int found =
                checkpoint.tensors().tensors().keySet().stream()
                        .map(this::layer)
                        .filter(layer -> layer >= 0)
                        .collect(Collectors.toSet())
                        .size();
        commonLayers = found == expected ? Integer.MAX_VALUE : Math.min(expected, found);
        if (found != expected) {
            add(Kind.LAYERS, "", "expected " + expected + ", found " + found);
        }
        if (experts.found() != experts.expected()) {
            add(Kind.EXPERTS, "", "expected " + experts.expected() + ", found " + experts.found());
        }
    }

    /** Returns the layer that a tensor belongs to, -1 if to none. */
    private int layer(String name) {
        if (!name.startsWith(prefix)) {
            return -1;
        }
        Matcher matcher = LAYER.matcher(name).region(prefix.length(), name.length());
        return matcher.matches() ? Integer.parseInt(matcher.group(1)) : -1;
    }

    private void add(Kind kind, String tensor, String detail) {
        add(new TensorProblem(kind, tensor, detail));
    }

    /** Notes a problem. */
    void add(TensorProblem problem) {
        problems.computeIfAbsent(problem.kind(), key -> new ArrayList<>()).add(problem);
    }

    /** Returns the problems, those of a kind together. */
    List<TensorProblem> list() {
        return problems.values().stream().flatMap(List::stream).toList();
    }

    /** Notes that there is no tensor of this name. */
    void missing(String name) {
        if (isCommon(name)) {
            add(Kind.MISSING, name, "");
        }
    }

    /** Notes that there is a tensor of this name. */
    void unexpected(String name) {
        if (isCommon(name)) {
            add(Kind.UNEXPECTED, name, "");
        }
    }

    private boolean isCommon(String name) {
        return layer(name) < commonLayers && !experts.isBeyond(name);
    }

    /** Notes what is wrong with a tensor, if anything is. */
    void check(TensorEntry entry, Shape expected) {
        Shape found = new Shape(entry.shape().stream().mapToLong(Long::longValue).toArray());
        if (!found.equals(expected)) {
            add(Kind.MISSHAPEN, entry.name(), "expected %s, found %s".formatted(expected, found));
        }
        if (!WEIGHT_TYPES.contains(entry.type())) {
            add(Kind.MISTYPED, entry.name(), entry.type().name());
        }
    }

    /**
     * Does nothing if there are no problems.
     *
     * @throws MalformedModelException if there are, with a message that lists them
     */
    void throwIfAny() throws MalformedModelException {
        if (problems.isEmpty()) {
            return;
        }
        ModelConfig config = checkpoint.config();
        StringBuilder message =
                new StringBuilder()
                        .append(checkpoint.path())
                        .append(": the tensors do not fit the configuration (")
                        .append(config.modelType())
                        .append(", numHiddenLayers ")
                        .append(config.numHiddenLayers())
                        .append(", hiddenSize ")
                        .append(config.hiddenSize())
                        .append(", vocabSize ")
                        .append(config.vocabSize())
                        .append("):");
        problems.forEach((kind, list) -> describe(kind, list, message));
        throw new MalformedModelException(message.toString());
    }

    private static void describe(Kind kind, List<TensorProblem> list, StringBuilder message) {
        list.stream()
                .limit(LISTED_OF_A_KIND)
                .map(TensorProblem::text)
                // Names come from files and may hold anything.
                .map(Printable::line)
                .forEach(
                        problem ->
                                message.append("\n  ")
                                        .append(kind.title())
                                        .append(": ")
                                        .append(problem));
        if (list.size() > LISTED_OF_A_KIND) {
            message.append("\n  ")
                    .append(kind.title())
                    .append(": ")
                    .append(list.size() - LISTED_OF_A_KIND)
                    .append(" more");
        }
    }
}
