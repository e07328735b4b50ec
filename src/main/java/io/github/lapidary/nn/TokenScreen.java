package io.github.lapidary.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.kernel.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The weight of a head in eight bits, which tells the likeliest tokens but for a bound, so that few
 * rows of the weight itself need to be read.
 *
 * <p>It takes time to make: about as much as twenty tokens. So it is begun after more than a few
 * tokens, and grows by a part with each that follows; nobody waits for the whole of it.
 */
final class TokenScreen {

    static final KernelMethod UNITS = KernelMethod.of("screen.units").tensor("w").build();

    static final KernelMethod COUNTED =
            KernelMethod.of("screen.counted").tensor("w").tensor("units").integers("rows").build();

    private static final int PARTS = 8;
    private static final int BLOCK = 64; // parts are whole blocks of rows, but for the last
    private static final int PATIENCE = 16;

    private final NDArray weight;
    private final NDManager manager; // of its own: a model's may be capped by now
    private final List<NDArray> arrays = new ArrayList<>(); // the weight, its units, the parts
    private Weights whole;
    private int calls;
    private boolean isOfNoUse;

    /** Makes a screen of a weight [V, M] that nobody changes any more. */
    TokenScreen(NDArray weight) {
        this.weight = weight;
        manager = weight.getManager().newSubManager();
        arrays.add(weight);
    }

    boolean isOf(NDArray array) {
        return array == weight;
    }

    synchronized boolean isGrown() {
        return whole != null;
    }

    /**
     * Returns the weight, its units and its parts, empty until all are there. Each call lets it
     * grow.
     */
    synchronized Optional<Weights> grown(KernelModule kernels) {
        if (whole == null && !isOfNoUse && ++calls > PATIENCE) {
            grow(kernels);
        }
        return Optional.ofNullable(whole);
    }

    private void grow(KernelModule kernels) {
        if (arrays.size() == 1) {
            NDArray units = kernels.call(UNITS).tensor(weight).run(manager);
            arrays.add(units);
            isOfNoUse = units.isEmpty();
            return;
        }
        long vocabSize = weight.getShape().get(0);
        long blocks = (vocabSize + BLOCK - 1) / BLOCK;
        long rows = (blocks + PARTS - 1) / PARTS * BLOCK;
        long begin = (arrays.size() - 2) * rows;
        long end = Math.min(vocabSize, begin + rows);
        arrays.add(
                kernels.call(COUNTED)
                        .tensor(weight)
                        .tensor(arrays.get(1))
                        .integers(begin, end)
                        .run(manager));
        if (end == vocabSize) {
            whole = new Weights(List.of(List.copyOf(arrays)));
        }
    }

    /** Frees everything but the weight. */
    synchronized void close() {
        if (whole != null) {
            whole.retire();
            whole = null;
        }
        isOfNoUse = true;
        manager.close();
        arrays.subList(1, arrays.size()).clear();
    }
}
