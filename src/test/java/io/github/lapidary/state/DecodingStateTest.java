package io.github.lapidary.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.state.KeyValueCache.Layout;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DecodingStateTest {

    private NDManager manager;
    private KernelModule kernels;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
        kernels = KernelModule.link(manager, KeyValueCache.methods());
    }

    @AfterEach
    void close() {
        manager.close();
    }

    /** A layer that remembers all tokens and one that remembers few. */
    private DecodingState state() {
        return new DecodingState(manager, own -> List.of(cache(own, 1000), cache(own, 6)));
    }

    private KeyValueCache cache(NDManager own, int window) {
        return new KeyValueCache(
                kernels, own, new Layout(1, 2, WeightFormat.FLOAT32, window, 8, 1000));
    }

    private static void append(DecodingState state, int tokens) {
        for (int i = 0; i < tokens; i++) {
            state.reserve(1);
            state.advance(1);
        }
    }

    @Test
    void goesBackOnlyIfEveryLayerCan() {
        try (DecodingState state = state()) {
            append(state, 100);
            assertTrue(state.layer(0).canTruncate(3));
            assertFalse(state.canTruncate(3));
            assertThrows(IllegalStateException.class, () -> state.truncate(3));
            assertEquals(100, state.position());
            assertEquals(100, state.layer(0).place());

            state.truncate(60);
            assertEquals(60, state.position());
            assertEquals(60, state.layer(0).place());
        }
    }

    @Test
    void freesItsMemoryAndNoOtherSequences() {
        int before = manager.getManagedArrays().size();
        DecodingState state = state();
        append(state, 30);
        int each = manager.getManagedArrays().size() - before;
        DecodingState fork = state.fork();
        assertEquals(before + 2 * each, manager.getManagedArrays().size());
        state.close();
        append(fork, 30);
        assertEquals(60, fork.position());
        assertEquals(before + each, manager.getManagedArrays().size());
        fork.close();
        fork.close();
        assertEquals(before, manager.getManagedArrays().size());
    }

    @Test
    void leavesNothingOfASequenceThatCannotBeMade() {
        int before = manager.getManagedArrays().size();
        assertThrows(
                UnsupportedOperationException.class,
                () ->
                        new DecodingState(
                                manager,
                                own -> {
                                    cache(own, 6);
                                    throw new UnsupportedOperationException();
                                }));
        assertEquals(before, manager.getManagedArrays().size());
    }
}
