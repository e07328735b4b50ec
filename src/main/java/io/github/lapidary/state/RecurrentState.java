package io.github.lapidary.state;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.kernel.format.WeightFormat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The state of a sequence at a layer with a recurrence: a few arrays whose size does not depend on
 * how long the sequence is.
 *
 * <p>Each array has two slots. A pass reads one and writes the other, so that a pass that fails
 * leaves the state as it was. At position 0 nothing is read. What was overwritten cannot be had
 * back: whoever wants to return to a place makes a fork there. Only the slot that holds the state
 * is saved; where it lies changes nothing.
 */
public final class RecurrentState implements LayerState {

    private static final KernelMethod ZEROS =
            KernelMethod.of("cache.zeros").tensor("like").integers("sizes").build();
    private static final KernelMethod COPIED = KernelMethod.of("cache.copied").tensor("x").build();
    private static final int SLOTS = 2;

    private final KernelModule kernels;
    private final List<Part> parts;
    private final List<NDArray> arrays = new ArrayList<>();
    private int slot;
    private int position;

    /**
     * What a recurrence remembers, without its slots.
     *
     * @param name what saved states call it
     * @param format the type of its elements
     * @param shape its sizes
     */
    public record Part(String name, WeightFormat format, Shape shape) {

        /** Returns the bytes of its array, which holds it twice. */
        public long bytes() {
            return SLOTS * shape.size() * format.bytes();
        }
    }

    /** Makes the state of a sequence without tokens; its arrays belong to the manager. */
    public RecurrentState(KernelModule kernels, NDManager manager, List<Part> parts) {
        this.kernels = kernels;
        this.parts = List.copyOf(parts);
        try (NDArray like = manager.create(0f)) {
            for (Part part : parts) {
                arrays.add(zeros(like, part, manager));
            }
        }
    }

    private RecurrentState(RecurrentState original, NDManager manager) {
        kernels = original.kernels;
        parts = original.parts;
        slot = original.slot;
        position = original.position;
        for (NDArray array : original.arrays) {
            arrays.add(kernels.call(COPIED).tensor(array).run(manager));
        }
    }

    /** Returns the methods that a module must have linked for its states. */
    public static List<KernelMethod> methods() {
        return List.of(ZEROS, COPIED);
    }

    private NDArray zeros(NDArray like, Part part, NDManager manager) {
        long[] sizes = new long[SLOTS + part.shape.dimension()];
        sizes[0] = part.format.number();
        sizes[1] = SLOTS;
        System.arraycopy(part.shape.getShape(), 0, sizes, 2, part.shape.dimension());
        return kernels.call(ZEROS).tensor(like).integers(sizes).run(manager);
    }

    /** Has room for any number of tokens. */
    @Override
    public void reserve(int tokens) {}

    /** Returns the slot that holds the state. */
    @Override
    public int place() {
        return slot;
    }

    @Override
    public void advance(int tokens) {
        position = Math.addExact(position, tokens);
        slot = 1 - slot;
    }

    @Override
    public List<NDArray> arrays() {
        return List.copyOf(arrays);
    }

    @Override
    public List<StateArray> saved() {
        List<StateArray> saved = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            Part part = parts.get(i);
            saved.add(
                    new StateArray(
                            part.name, arrays.get(i), part.format, slot, 1, part.shape.get(0)));
        }
        return saved;
    }

    @Override
    public int[] arrangement() {
        return new int[0];
    }

    @Override
    public void arrange(int tokens, int[] arrangement) {
        if (tokens < 0 || arrangement.length != 0) {
            throw new IllegalArgumentException(
                    "No recurrent state holds %s of %d tokens."
                            .formatted(Arrays.toString(arrangement), tokens));
        }
        position = tokens;
        slot = 0;
    }

    @Override
    public RecurrentState fork(NDManager manager) {
        return new RecurrentState(this, manager);
    }

    /** Returns false: the token before was overwritten. */
    @Override
    public boolean goesBack() {
        return false;
    }

    /** Returns whether that is where the state is, or the sequence's start. */
    @Override
    public boolean canTruncate(int tokens) {
        return tokens == position || tokens == 0;
    }

    @Override
    public void truncate(int tokens) {
        if (!canTruncate(tokens)) {
            throw new IllegalStateException(
                    "A recurrent state of "
                            + position
                            + " tokens cannot go back to "
                            + tokens
                            + "; only a fork made there has it.");
        }
        position = tokens;
    }
}
