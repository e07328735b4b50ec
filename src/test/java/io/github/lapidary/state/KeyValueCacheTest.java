package io.github.lapidary.state;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.state.KeyValueCache.Layout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyValueCacheTest {

    private static final KernelMethod FILL =
            KernelMethod.of("testing.fill").tensor("x").tensor("numbers").integers("first").build();
    private static final int HEADS = 2;
    private static final int HEAD_DIM = 4;

    private NDManager manager;
    private KernelModule kernels;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
        List<KernelMethod> methods = new ArrayList<>(KeyValueCache.methods());
        methods.add(FILL);
        kernels = KernelModule.link(manager, methods);
    }

    @AfterEach
    void close() {
        assertEquals(0, kernels.openHandles());
        manager.close();
    }

    private KeyValueCache cache(int window, int chunk, int context) {
        return new KeyValueCache(
                kernels,
                manager,
                new Layout(HEADS, HEAD_DIM, WeightFormat.FLOAT32, window, chunk, context));
    }

    /** Appends tokens; the key of a token is full of its number, the value of its negative. */
    private void append(Sequence sequence, float... numbers) {
        KeyValueCache cache = sequence.cache;
        cache.reserve(numbers.length);
        try (NDArray keys = manager.create(numbers);
                NDArray values = keys.neg()) {
            fill(cache.arrays().get(0), keys, cache.place());
            fill(cache.arrays().get(1), values, cache.place());
        }
        cache.advance(numbers.length);
        for (float number : numbers) {
            sequence.tokens.add(number);
        }
    }

    private void fill(NDArray x, NDArray numbers, int first) {
        kernels.call(FILL).tensor(x).tensor(numbers).integers(first).runForHandle().close();
    }

    /** An error while it slides, such as a lack of memory, leaves keys and values as they were. */
    @Test
    void whatCannotSlideIsLeftAsItWas() {
        KeyValueCache cache = cache(3, 8, 1000);
        Sequence sequence = new Sequence(cache, new ArrayList<>());
        for (int i = 0; i < cache.arrangement()[1]; i++) {
            append(sequence, i + 1);
        }
        int place = cache.place();
        NDArray keys = cache.arrays().get(0);
        float[] before = keys.toFloatArray();
        cache.arrays().get(1).close();
        assertThrows(IllegalStateException.class, () -> cache.reserve(8));
        assertEquals(place, cache.place());
        assertArrayEquals(before, keys.toFloatArray());
    }

    /** A cache and the tokens that were written to it. */
    private record Sequence(KeyValueCache cache, List<Float> tokens) {
        /** Checks those that the next token may see. */
        void check(int window) {
            check(window, cache.arrays().get(0), 1);
            check(window, cache.arrays().get(1), -1);
        }

        private void check(int window, NDArray x, int sign) {
            float[] elements = x.toFloatArray(); // [K, S, H]
            int capacity = elements.length / (HEADS * HEAD_DIM);
            int seen = Math.min(tokens.size(), window - 1);
            for (int i = 0; i < HEADS * HEAD_DIM; i++) {
                int head = i / HEAD_DIM;
                for (int back = 1; back <= seen; back++) {
                    int place = head * capacity + cache.place() - back;
                    assertEquals(
                            sign * tokens.get(tokens.size() - back),
                            elements[place * HEAD_DIM + i % HEAD_DIM]);
                }
            }
        }

        void truncate(int count) {
            cache.truncate(count);
            tokens.subList(count, tokens.size()).clear();
        }

        Sequence fork(NDManager target) {
            return new Sequence(cache.fork(target), new ArrayList<>(tokens));
        }
    }

    /** What the next token may see is there, whatever came before. */
    @ParameterizedTest
    @CsvSource({"1, 1, 1000", "6, 3, 1000", "10, 64, 2000", "100, 7, 1000", "500, 300, 1500"})
    void holdsWhatTheNextTokenSees(int window, int chunk, int context) {
        Random random = new Random(window);
        List<Sequence> sequences = new ArrayList<>();
        sequences.add(new Sequence(cache(window, chunk, context), new ArrayList<>()));
        for (int i = 0; i < 200; i++) {
            Sequence sequence = sequences.get(random.nextInt(sequences.size()));
            int size = sequence.tokens.size();
            int back = Math.max(0, size - random.nextInt(80));
            if (random.nextInt(5) == 0 && sequence.cache.canTruncate(back)) {
                sequence.truncate(back);
            } else if (sequences.size() < 4 && random.nextInt(10) == 0) {
                sequences.add(sequence.fork(manager));
            } else {
                float[] numbers = new float[Math.min(context - size, 1 + random.nextInt(chunk))];
                for (int n = 0; n < numbers.length; n++) {
                    numbers[n] = random.nextInt(1 << 20);
                }
                append(sequence, numbers);
            }
            sequences.forEach(each -> each.check(window));
        }
    }

    private static long capacity(KeyValueCache cache) {
        return cache.arrays().get(0).getShape().get(1);
    }

    private static void append(KeyValueCache cache, int tokens) {
        cache.reserve(tokens);
        cache.advance(tokens);
    }

    @Test
    void aWindowNeverGrowsBeyondItselfAndAChunk() {
        KeyValueCache cache = cache(300, 20, 100_000);
        for (int i = 0; i < 100; i++) {
            append(cache, 20);
            assertTrue(capacity(cache) <= 299 + 64 + 20);
        }
        assertEquals(299 + 64 + 20, capacity(cache));
    }

    @Test
    void allPositionsGrowUpToTheContext() {
        KeyValueCache cache = cache(1000, 100, 1000);
        assertEquals(256, capacity(cache));
        for (int i = 1; i <= 10; i++) {
            append(cache, 100);
            assertEquals(100 * i, cache.place());
            assertTrue(capacity(cache) >= cache.place() && capacity(cache) <= 1000);
        }
        assertTrue(cache.canTruncate(0));
    }

    @ParameterizedTest
    @CsvSource({"2000, 512, 2000, 512", "2000, 1, 2000, 1", "300, 512, 4000, 512", "5, 8, 900, 1"})
    void layoutTellsTheBytesOfTheArrays(int window, int chunk, int context, int step) {
        Layout layout = new Layout(HEADS, HEAD_DIM, WeightFormat.FLOAT32, window, chunk, context);
        KeyValueCache cache = new KeyValueCache(kernels, manager, layout);
        for (int tokens = step; tokens <= context; tokens += step) {
            append(cache, step);
            long elements = cache.arrays().stream().mapToLong(x -> x.getShape().size()).sum();
            assertEquals(elements * Float.BYTES, layout.bytes(tokens));
        }
    }

    @Test
    void arraysThatWereOutgrownAreFreed() {
        KeyValueCache cache = cache(1000, 100, 1000);
        int before = manager.getManagedArrays().size();
        for (int i = 0; i < 10; i++) {
            append(cache, 100);
        }
        assertEquals(before, manager.getManagedArrays().size());
    }

    /** A window of 6 needs 5 keys; after sliding at 5 + 64 + 8 tokens, 69 are left. */
    @Test
    void goesBackAsFarAsItHoldsWhatIsSeenThere() {
        KeyValueCache cache = cache(6, 8, 1000);
        append(cache, 8);
        for (int i = 0; i < 69; i++) {
            append(cache, 1);
        }
        assertEquals(77, cache.place());
        assertTrue(cache.canTruncate(0));
        append(cache, 1);
        assertEquals(70, cache.place());

        assertFalse(cache.canTruncate(-1));
        assertFalse(cache.canTruncate(0));
        assertFalse(cache.canTruncate(12));
        assertTrue(cache.canTruncate(13));
        assertTrue(cache.canTruncate(78));
        assertFalse(cache.canTruncate(79));
        IllegalStateException e =
                assertThrows(IllegalStateException.class, () -> cache.truncate(12));
        assertEquals("The cache holds tokens 8 to 78; it cannot go back to 12.", e.getMessage());
        cache.truncate(13);
        assertEquals(5, cache.place());
        assertFalse(cache.canTruncate(12));
        assertFalse(cache.canTruncate(14));
    }

    @Test
    void refusesMoreThanAChunkOrTheContext() {
        KeyValueCache cache = cache(6, 8, 20);
        assertEquals(
                "A pass brings at most 8 tokens, not 9.",
                assertThrows(IllegalArgumentException.class, () -> cache.reserve(9)).getMessage());
        append(cache, 8);
        append(cache, 8);
        assertEquals(
                "The context has room for 20 tokens; found 21.",
                assertThrows(IllegalArgumentException.class, () -> cache.reserve(5)).getMessage());
        append(cache, 4);
        assertThrows(IllegalArgumentException.class, () -> cache.reserve(1));
    }
}
