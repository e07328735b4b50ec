package io.github.lapidary.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.state.DecodingState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * One pass of tokens through the layers: how many of which sequence, from which position on.
 *
 * <p>Rows of tokens lie one sequence after another. Either each sequence has a {@link
 * DecodingState}, which the layers read and write, or none has and each starts here. What layers
 * share, such as the rotary tables, is computed once and closed with the step.
 */
public final class Step implements AutoCloseable {

    private final NDManager manager;
    private final boolean training;
    private final int[] tokens;
    private final int[] positions;
    private final List<DecodingState> states;
    private final Map<KernelMethod, NDArray> tables = new HashMap<>();
    private final Routing routing;
    private RowNames names = this::name;
    private int[] sequences = {}; // what they are called; none if by their order
    private NDArray rowPositions;

    private Step(
            NDManager parent,
            boolean training,
            int[] tokens,
            int[] positions,
            List<DecodingState> states,
            Competition competition) {
        this.manager = parent.newSubManager();
        this.routing = new Routing(manager, training, competition);
        this.training = training;
        this.tokens = tokens;
        this.positions = positions;
        this.states = states;
    }

    /**
     * Describes a pass that continues sequences; it reserves room in their states.
     *
     * @param states the sequences, each at most once
     * @param tokens how many tokens each sequence gets, at least one
     * @throws IllegalArgumentException if these do not go together, or a context has no room
     */
    public static Step of(NDManager parent, List<DecodingState> states, int[] tokens) {
        check(states, tokens);
        for (int i = 0; i < tokens.length; i++) {
            states.get(i).reserve(tokens[i]);
        }
        int[] positions = states.stream().mapToInt(DecodingState::position).toArray();
        return new Step(parent, false, tokens, positions, List.copyOf(states), Competition.NONE);
    }

    private static void check(List<DecodingState> states, int[] tokens) {
        if (states.size() != tokens.length) {
            throw new IllegalArgumentException(
                    "There are "
                            + states.size()
                            + " sequences, and numbers of tokens for "
                            + tokens.length
                            + ".");
        }
        if (Set.copyOf(states).size() != states.size()) {
            throw new IllegalArgumentException("A sequence is in the step more than once.");
        }
        for (int count : tokens) {
            if (count < 1) {
                throw new IllegalArgumentException(
                        "Each sequence of a step gets at least one token, not " + count + ".");
            }
        }
    }

    /**
     * Describes a pass over whole sequences of these lengths, without states. In training the
     * tokens of each sequence compete for experts.
     */
    public static Step whole(NDManager parent, int[] tokens, boolean training) {
        return training
                ? training(parent, tokens, Competition.ofSequences(tokens))
                : new Step(
                        parent, false, tokens, new int[tokens.length], List.of(), Competition.NONE);
    }

    /** Describes a pass over whole sequences in training, the tokens of which compete so. */
    public static Step training(NDManager parent, int[] tokens, Competition competition) {
        return new Step(parent, true, tokens, new int[tokens.length], List.of(), competition);
    }

    /** Describes a pass over the rows of x [B, T, M], each a whole sequence. */
    static Step whole(NDArray x, boolean training) {
        Shape shape = x.getShape();
        if (shape.dimension() != 3) {
            throw new IllegalArgumentException(
                    "This block takes an array [batch, tokens, width], not " + shape + ".");
        }
        int[] tokens = new int[Math.toIntExact(shape.get(0))];
        Arrays.fill(tokens, Math.toIntExact(shape.get(1)));
        return whole(x.getManager(), tokens, training);
    }

    /** Returns whether gradients may be asked for. */
    public boolean isTraining() {
        return training;
    }

    /**
     * Lets a listener know to which experts tokens are sent.
     *
     * @throws IllegalArgumentException in training
     */
    public void listen(RoutingListener listener) {
        routing.listen(listener);
    }

    Routing routing() {
        return routing;
    }

    /** Lets messages call rows so. Else they name the position, and of several the sequence. */
    public void nameRows(RowNames newNames) {
        names = newNames;
    }

    /** Lets messages call the sequences by these numbers, one for each. */
    public void nameSequences(int... numbers) {
        sequences = numbers.clone();
    }

    private String name(long row) {
        int sequence = 0;
        long first = 0;
        while (row >= first + tokens[sequence]) {
            first += tokens[sequence++];
        }
        String token = "token " + (positions[sequence] + row - first);
        if (sequences.length > 0) {
            return token + " of sequence " + sequences[sequence];
        }
        return tokens.length > 1 ? token + " of sequence " + sequence : token;
    }

    /**
     * Runs a call of layers.
     *
     * @param narrowed the number of the layer whose experts are given some rows only
     * @param rows these rows; none for all
     * @throws ArithmeticException if a gate gives no number, naming layer and token
     */
    <T> T run(Supplier<T> call, int narrowed, long... rows) {
        return GateFault.named(
                call,
                (layer, row) ->
                        names.of(
                                layer == narrowed && rows.length > 0
                                        ? rows[Math.toIntExact(row)]
                                        : row));
    }

    /** Returns the loss [] that a layer adds in training, times its scale; empty if it has none. */
    public List<NDArray> losses(int layer) {
        return routing.losses(layer);
    }

    /** Returns the share of choices of experts that were dropped in training; 0 without experts. */
    public double dropped() {
        return routing.dropped();
    }

    /** Returns R, the tokens of all sequences. */
    public int rows() {
        return Arrays.stream(tokens).sum();
    }

    /** Returns the last row of each sequence. */
    public long[] lastRows() {
        long[] rows = new long[tokens.length];
        long row = -1;
        for (int i = 0; i < tokens.length; i++) {
            row += tokens[i];
            rows[i] = row;
        }
        return rows;
    }

    /** Returns the states of a layer, sequence by sequence, as its kernel takes them. */
    public List<NDArray> states(int layer) {
        List<NDArray> arrays = new ArrayList<>();
        for (DecodingState state : states) {
            arrays.addAll(state.layer(layer).arrays());
        }
        return arrays;
    }

    /** Returns for each sequence its tokens, first position and place in the layer's state. */
    public long[] spans(int layer) {
        long[] spans = new long[3 * tokens.length];
        for (int i = 0; i < tokens.length; i++) {
            spans[3 * i] = tokens[i];
            spans[3 * i + 1] = positions[i];
            spans[3 * i + 2] = states.isEmpty() ? 0 : states.get(i).layer(layer).place();
        }
        return spans;
    }

    /** Returns the rotary table of all rows, [2, R, 1, D]. */
    public NDArray rope(RotaryEmbedding rotary) {
        return tables.computeIfAbsent(rotary.key(), key -> rotary.table(rowPositions(), training));
    }

    /** Returns the buckets of all distances that occur, from the largest down to 0. */
    NDArray buckets(RelativePositionBias bias) {
        return tables.computeIfAbsent(
                bias.key(), key -> bias.buckets(manager, longest(), training));
    }

    private long longest() {
        long longest = 0;
        for (int i = 0; i < tokens.length; i++) {
            longest = Math.max(longest, (long) positions[i] + tokens[i]);
        }
        return longest;
    }

    private NDArray rowPositions() {
        if (rowPositions == null) {
            long[] rows = new long[rows()];
            int row = 0;
            for (int i = 0; i < tokens.length; i++) {
                for (int t = 0; t < tokens[i]; t++) {
                    rows[row++] = (long) positions[i] + t;
                }
            }
            rowPositions = manager.create(rows);
        }
        return rowPositions;
    }

    /** Tells the states, once all layers have run, that they have the tokens. */
    public void advance() {
        for (int i = 0; i < states.size(); i++) {
            states.get(i).advance(tokens[i]);
        }
    }

    @Override
    public void close() {
        manager.close();
    }
}
