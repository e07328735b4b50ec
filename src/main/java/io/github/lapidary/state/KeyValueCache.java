package io.github.lapidary.state;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.kernel.format.WeightFormat;
import java.util.Arrays;
import java.util.List;

/**
 * The keys and values of a sequence at an attention layer, [K, S, H] each, in the order of the
 * tokens.
 *
 * <p>A cache of all positions grows in steps up to the context. A cache of a window holds the last
 * tokens, and when it is full moves those that it still needs to the front: it never grows, and its
 * keys always lie side by side.
 */
public final class KeyValueCache implements LayerState {

    private static final KernelMethod EMPTY =
            KernelMethod.of("cache.empty").tensor("like").integers("sizes").build();
    private static final KernelMethod GROWN =
            KernelMethod.of("cache.grown").tensor("x").integers("sizes").build();
    private static final KernelMethod SLIDE =
            KernelMethod.of("cache.slide")
                    .tensor("keys")
                    .tensor("values")
                    .integers("range")
                    .build();

    /** How many tokens a window can go back at the least. */
    private static final int ROLLBACK = 64;

    /** What a cache holds at first. */
    private static final int FIRST_CAPACITY = 256;

    private final KernelModule kernels;
    private final NDManager manager;
    private final Layout layout;
    private NDArray keys;
    private NDArray values;
    private int capacity;
    private int start;
    private int used;

    /**
     * The sizes of a cache.
     *
     * @param heads K, the key-value heads
     * @param headDim H, the size of a head
     * @param format the type of keys and values
     * @param window how many tokens a query sees, itself included; the context length where it sees
     *     all
     * @param chunk how many tokens a pass brings at most
     * @param context how many tokens a sequence has at most
     */
    public record Layout(
            int heads, int headDim, WeightFormat format, int window, int chunk, int context) {

        private int kept() {
            return window - 1 + ROLLBACK;
        }

        /** Returns the capacity that is never outgrown. */
        int largestCapacity() {
            return (int) Math.min(context, (long) kept() + chunk);
        }

        /**
         * Returns the bytes of the arrays once so many tokens have come one by one, or in full
         * passes of 512; other steps may leave them larger, but not twice as large as the tokens.
         */
        public long bytes(int tokens) {
            int largest = largestCapacity();
            long capacity = FIRST_CAPACITY;
            while (capacity < Math.min(tokens, largest)) {
                capacity *= 2;
            }
            return 2L * heads * headDim * format.bytes() * Math.min(capacity, largest);
        }
    }

    /** Makes an empty cache whose arrays belong to the manager. */
    public KeyValueCache(KernelModule kernels, NDManager manager, Layout layout) {
        this(kernels, manager, layout, Math.min(FIRST_CAPACITY, layout.largestCapacity()));
        try (NDArray like = manager.create(0f)) {
            keys = empty(like);
            values = empty(like);
        }
    }

    private KeyValueCache(KernelModule kernels, NDManager manager, Layout layout, int capacity) {
        this.kernels = kernels;
        this.manager = manager;
        this.layout = layout;
        this.capacity = capacity;
    }

    /** Returns the methods that a module must have linked for its caches. */
    public static List<KernelMethod> methods() {
        return List.of(EMPTY, GROWN, SLIDE);
    }

    private NDArray empty(NDArray like) {
        return kernels.call(EMPTY)
                .tensor(like)
                .integers(layout.format.number(), layout.heads, capacity, layout.headDim)
                .run(manager);
    }

    @Override
    public void reserve(int tokens) {
        if (tokens > layout.chunk) {
            throw new IllegalArgumentException(
                    "A pass brings at most " + layout.chunk + " tokens, not " + tokens + ".");
        }
        if (start + (long) used + tokens > layout.context) {
            throw new IllegalArgumentException(
                    "The context has room for "
                            + layout.context
                            + " tokens; found "
                            + (start + (long) used + tokens)
                            + ".");
        }
        if (used + tokens <= capacity) {
            return;
        }
        int largest = layout.largestCapacity();
        if (used + tokens <= largest) {
            grow(Math.min(largest, Math.max(2 * capacity, used + tokens)));
            return;
        }
        if (capacity < largest) {
            grow(largest);
        }
        slide();
    }

    private void grow(int newCapacity) {
        NDArray oldKeys = keys;
        NDArray oldValues = values;
        keys = grown(oldKeys, newCapacity);
        values = grown(oldValues, newCapacity);
        oldKeys.close();
        oldValues.close();
        capacity = newCapacity;
    }

    private NDArray grown(NDArray x, int newCapacity) {
        return kernels.call(GROWN).tensor(x).integers(used, newCapacity).run(manager);
    }

    private void slide() {
        int kept = Math.min(used, layout.kept());
        kernels.call(SLIDE)
                .tensor(keys)
                .tensor(values)
                .integers(used - kept, used)
                .runForHandle()
                .close();
        start += used - kept;
        used = kept;
    }

    @Override
    public int place() {
        return used;
    }

    @Override
    public void advance(int tokens) {
        used += tokens;
    }

    @Override
    public List<NDArray> arrays() {
        return List.of(keys, values);
    }

    @Override
    public List<StateArray> saved() {
        return List.of(
                new StateArray("keys", keys, layout.format, used),
                new StateArray("values", values, layout.format, used));
    }

    /** Returns how many tokens it holds, the last ones, and the capacity. */
    @Override
    public int[] arrangement() {
        return new int[] {used, capacity};
    }

    @Override
    public void arrange(int tokens, int[] arrangement) {
        boolean fits = arrangement.length == 2 && tokens >= 0 && tokens <= layout.context;
        if (fits) {
            int held = arrangement[0];
            int room = arrangement[1];
            fits =
                    held >= Math.min(tokens, layout.window - 1)
                            && held <= Math.min(tokens, room)
                            && room >= Math.min(FIRST_CAPACITY, layout.largestCapacity())
                            && room <= layout.largestCapacity();
        }
        if (!fits) {
            throw new IllegalArgumentException(
                    "No cache of %s holds %s of %d tokens."
                            .formatted(layout, Arrays.toString(arrangement), tokens));
        }
        used = 0;
        grow(arrangement[1]);
        used = arrangement[0];
        start = tokens - used;
    }

    @Override
    public KeyValueCache fork(NDManager target) {
        KeyValueCache copy = new KeyValueCache(kernels, target, layout, capacity);
        copy.keys = kernels.call(GROWN).tensor(keys).integers(used, capacity).run(target);
        copy.values = kernels.call(GROWN).tensor(values).integers(used, capacity).run(target);
        copy.start = start;
        copy.used = used;
        return copy;
    }

    @Override
    public boolean goesBack() {
        return true;
    }

    @Override
    public boolean canTruncate(int tokens) {
        return tokens >= 0
                && tokens <= start + used
                && start <= Math.max(0, tokens - (layout.window - 1));
    }

    @Override
    public void truncate(int tokens) {
        if (!canTruncate(tokens)) {
            throw new IllegalStateException(
                    "The cache holds tokens "
                            + start
                            + " to "
                            + (start + used)
                            + "; it cannot go back to "
                            + tokens
                            + ".");
        }
        used = tokens - start;
    }
}
