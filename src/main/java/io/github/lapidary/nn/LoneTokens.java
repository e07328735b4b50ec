package io.github.lapidary.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.kernel.KernelCall;
import io.github.lapidary.nn.Competition.Group;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * The tokens that a gate used alone is given: all of [..., M], or of [B, T, M] those where a mask
 * [B, T] is not 0. Each row of [B, T, M] is a group.
 */
final class LoneTokens {

    private final NDArray x;
    private final long[] places; // where the tokens stand among all; null if all are tokens
    private final List<Group> groups;

    private LoneTokens(NDArray x, long[] places, List<Group> groups) {
        this.x = x;
        this.places = places;
        this.groups = groups;
    }

    /**
     * Reads what a block is given.
     *
     * @throws IllegalArgumentException if there are more arrays, or the mask has another shape or
     *     no token
     */
    static LoneTokens of(NDList inputs) {
        NDArray x = inputs.head();
        if (inputs.size() == 1) {
            return new LoneTokens(x, null, groups(x.getShape()));
        }
        Shape shape = x.getShape();
        if (inputs.size() > 2
                || shape.dimension() != 3
                || !inputs.get(1).getShape().equals(shape.slice(0, 2))) {
            throw new IllegalArgumentException(
                    "This block takes tokens [..., M], or tokens [B, T, M] and a mask [B, T], not "
                            + List.of(inputs.getShapes())
                            + ".");
        }
        try (NDArray mask = inputs.get(1).toType(DataType.INT64, true)) {
            return masked(x, mask.toLongArray());
        }
    }

    private static LoneTokens masked(NDArray x, long... mask) {
        int width = Math.toIntExact(x.getShape().get(1));
        long[] places =
                IntStream.range(0, mask.length).filter(i -> mask[i] != 0).asLongStream().toArray();
        if (places.length == 0) {
            throw new IllegalArgumentException("The mask leaves no token.");
        }
        List<Group> groups = new ArrayList<>();
        for (int first = 0; first < mask.length; first += width) {
            int tokens =
                    (int) IntStream.range(first, first + width).filter(i -> mask[i] != 0).count();
            groups.add(new Group(tokens, width));
        }
        return new LoneTokens(x, places, List.copyOf(groups));
    }

    private static List<Group> groups(Shape shape) {
        int rows = Math.toIntExact(shape.size() / shape.get(shape.dimension() - 1));
        int count = shape.dimension() == 3 ? Math.toIntExact(shape.get(0)) : 1;
        return Collections.nCopies(count, new Group(rows / count, rows / count));
    }

    /** Returns what they are read from. */
    NDArray x() {
        return x;
    }

    boolean areAll() {
        return places == null;
    }

    int count() {
        return groups.stream().mapToInt(Group::tokens).sum();
    }

    Routing routing(NDManager manager, boolean training) {
        Competition competition = Competition.of(groups, OptionalDouble.empty(), 1);
        return new Routing(manager, training, competition);
    }

    /** Adds to a call x, and where the tokens are, if not everywhere. */
    KernelCall addTo(KernelCall call, NDManager manager) {
        call.tensor(x);
        if (!areAll()) {
            try (NDArray passing = manager.create(places)) {
                call.tensor(passing.duplicate()); // in the engine's own memory, as a graph keeps it
            }
        }
        return call;
    }

    /** Returns which token a row is, for messages. */
    String name(long row) {
        long place = areAll() ? row : places[Math.toIntExact(row)];
        if (groups.size() == 1) {
            return "token " + place;
        }
        int width = groups.get(0).size();
        return "token " + place % width + " of row " + place / width;
    }
}
