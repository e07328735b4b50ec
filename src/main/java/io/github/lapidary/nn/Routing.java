package io.github.lapidary.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.kernel.KernelCall;
import io.github.lapidary.nn.Competition.Use;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What the sparse layers of a pass take besides tokens, and what they tell of it.
 *
 * <p>What a layer tells, its kernel writes into arrays that it is given; so a pass that nobody
 * listens to is given none.
 */
final class Routing {

    private final NDManager manager;
    private final boolean training;
    private final Competition competition;
    private final Map<Integer, List<NDArray>> told = new HashMap<>();
    private RoutingListener listener; // null if nobody listens
    private NDArray lossScale; // made when it is needed

    /**
     * Describes the routing of a pass.
     *
     * @param manager what its arrays belong to
     * @param competition for training
     */
    Routing(NDManager manager, boolean training, Competition competition) {
        this.manager = manager;
        this.training = training;
        this.competition = competition;
    }

    /** Returns what its arrays belong to. */
    NDManager manager() {
        return manager;
    }

    void listen(RoutingListener newListener) {
        if (training) {
            throw new IllegalArgumentException("The routing of training is not listened to.");
        }
        listener = newListener;
    }

    /**
     * Adds to a call what the kernels of a gate take.
     *
     * @param layer its number
     * @param rows how many tokens it is given
     */
    KernelCall addTo(KernelCall call, int layer, GateConfig gate, long rows) {
        return call.tensors(arrays(layer, gate, rows)).integers(groups(layer, gate));
    }

    private List<NDArray> arrays(int layer, GateConfig gate, long rows) {
        if (competes()) {
            return told.computeIfAbsent(layer, number -> competing(number, gate, rows));
        }
        if (training) {
            return List.of(lossScale()); // a list of none cannot be passed
        }
        if (listener == null) {
            return List.of();
        }
        Shape shape = new Shape(rows, 2);
        return told.computeIfAbsent(
                layer,
                number ->
                        List.of(
                                manager.zeros(shape, DataType.INT64),
                                manager.zeros(shape, DataType.FLOAT32)));
    }

    private boolean competes() {
        return training && !competition.groups().isEmpty();
    }

    private List<NDArray> competing(int layer, GateConfig gate, long rows) {
        List<NDArray> arrays = new ArrayList<>();
        arrays.add(manager.zeros(new Shape()));
        arrays.add(manager.zeros(new Shape()));
        arrays.add(lossScale());
        if (gate.jitterNoise() > 0) {
            Shape shape = new Shape(rows, gate.hiddenSize());
            arrays.add(competition.draws().uniforms(manager, layer, Use.JITTER, shape));
        }
        if (gate.secondExpertThreshold().isPresent()) {
            Shape shape = new Shape(rows);
            arrays.add(competition.draws().uniforms(manager, layer, Use.SECOND_EXPERT, shape));
        }
        return arrays;
    }

    /** In the engine's own memory, which a graph may hold longer than Java does. */
    private NDArray lossScale() {
        if (lossScale == null) {
            lossScale = manager.zeros(new Shape()).addi(competition.lossScale());
        }
        return lossScale;
    }

    private long[] groups(int layer, GateConfig gate) {
        List<Competition.Group> groups = competes() ? competition.groups() : List.of();
        OptionalDouble factor =
                competition.capacityFactor().isPresent()
                        ? competition.capacityFactor()
                        : gate.capacityFactor();
        long[] numbers = new long[1 + 3 * groups.size()];
        numbers[0] = layer;
        for (int i = 0; i < groups.size(); i++) {
            int size = groups.get(i).size();
            numbers[1 + 3 * i] = groups.get(i).tokens();
            numbers[2 + 3 * i] = size;
            numbers[3 + 3 * i] =
                    factor.isPresent() ? gate.capacity(size, factor.getAsDouble()) : -1;
        }
        return numbers;
    }

    /** Returns the loss [] of a layer's gate, if it has one. */
    List<NDArray> losses(int layer) {
        return competes() && told.containsKey(layer) ? List.of(told.get(layer).get(0)) : List.of();
    }

    /** Returns the mean share of choices that the layers of the pass have dropped; 0 without. */
    double dropped() {
        return competes()
                ? told.values().stream()
                        .mapToDouble(arrays -> arrays.get(1).getFloat())
                        .average()
                        .orElse(0)
                : 0;
    }

    /** Tells the listener what a layer has told. */
    void report(int layer) {
        if (listener == null || !told.containsKey(layer)) {
            return;
        }
        long[] experts = told.get(layer).get(0).toLongArray();
        float[] weights = told.get(layer).get(1).toFloatArray();
        List<TokenRoute> routes = new ArrayList<>();
        for (int i = 0; i < experts.length; i += 2) {
            routes.add(
                    new TokenRoute(
                            Math.toIntExact(experts[i]),
                            weights[i],
                            Math.toIntExact(experts[i + 1]),
                            weights[i + 1]));
        }
        listener.routed(layer, List.copyOf(routes));
    }
}
