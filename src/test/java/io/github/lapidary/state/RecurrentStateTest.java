package io.github.lapidary.state;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.kernel.format.WeightFormat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RecurrentStateTest {

    private static final List<RecurrentState.Part> PARTS =
            List.of(
                    new RecurrentState.Part("vector", WeightFormat.BFLOAT16, new Shape(5)),
                    new RecurrentState.Part("inputs", WeightFormat.FLOAT32, new Shape(3, 5)));
    private static final KernelMethod FILL =
            KernelMethod.of("testing.fill").tensor("x").tensor("numbers").integers("first").build();

    private NDManager manager;
    private KernelModule kernels;
    private RecurrentState state;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
        List<KernelMethod> methods = new ArrayList<>(RecurrentState.methods());
        methods.add(FILL);
        kernels = KernelModule.link(manager, methods);
        state = new RecurrentState(kernels, manager, PARTS);
    }

    @AfterEach
    void close() {
        manager.close();
    }

    @Test
    void holdsEachPartTwiceAndNeverGrows() {
        int arrays = manager.getManagedArrays().size();
        for (int i = 0; i < 100; i++) {
            state.reserve(1000);
            state.advance(1000);
        }
        assertEquals(new Shape(2, 5), state.arrays().get(0).getShape());
        assertEquals(new Shape(2, 3, 5), state.arrays().get(1).getShape());
        assertEquals(2 * 5 * 2, PARTS.get(0).bytes());
        assertEquals(2 * 3 * 5 * 4, PARTS.get(1).bytes());
        assertEquals(arrays, manager.getManagedArrays().size());
    }

    /** So a pass that ends early has written where nobody reads. */
    @Test
    void takesTurnsBetweenItsSlots() {
        assertEquals(0, state.place());
        state.reserve(7);
        assertEquals(0, state.place());
        state.advance(7);
        assertEquals(1, state.place());
        state.advance(1);
        assertEquals(0, state.place());
    }

    @Test
    void forksHoldTheSameInArraysOfTheirOwn() {
        state.advance(3);
        fill(state, 1, 2, 3);
        try (NDManager other = manager.newSubManager()) {
            RecurrentState fork = state.fork(other);
            float[] same = numbers(fork);
            assertArrayEquals(numbers(state), same);
            fill(state, 4, 5, 6);
            assertArrayEquals(same, numbers(fork));
            assertEquals(4, numbers(state)[0]);
            assertEquals(1, fork.place());
            assertTrue(fork.canTruncate(3));
            assertEquals(2, other.getManagedArrays().size());
        }
    }

    private void fill(RecurrentState filled, float... numbers) {
        try (NDArray values = manager.create(numbers)) {
            NDArray x = filled.arrays().get(1);
            kernels.call(FILL).tensor(x).tensor(values).integers(0).runForHandle().close();
        }
    }

    private static float[] numbers(RecurrentState read) {
        return read.arrays().get(1).toFloatArray();
    }

    /** Only what is read of the two slots is saved, whichever it is. */
    @Test
    void savesTheSlotThatHoldsIt() {
        for (int turn = 0; turn < 3; turn++) {
            StateArray inputs = state.saved().get(1);
            assertEquals(state.place(), inputs.first());
            assertEquals(new Shape(1, 3, 5), inputs.shape());
            assertEquals(new Shape(1, 5), state.saved().get(0).shape());
            state.advance(1);
        }
    }

    @Test
    void isArrangedAsAnother() {
        state.advance(3);
        state.arrange(7, state.arrangement());
        assertEquals(0, state.place());
        assertTrue(state.canTruncate(7));
        assertFalse(state.canTruncate(3));
        for (int[] wrong : new int[][] {{2}, {0}, {0, 0}}) {
            IllegalArgumentException e =
                    assertThrows(IllegalArgumentException.class, () -> state.arrange(9, wrong));
            assertEquals(
                    "No recurrent state holds " + Arrays.toString(wrong) + " of 9 tokens.",
                    e.getMessage());
        }
        assertThrows(IllegalArgumentException.class, () -> state.arrange(-1, state.arrangement()));
        assertTrue(state.canTruncate(7));
    }

    @Test
    void goesBackToItsStartOnly() {
        assertFalse(state.goesBack());
        state.advance(30);
        for (int tokens : new int[] {-1, 1, 29, 31}) {
            assertFalse(state.canTruncate(tokens));
        }
        IllegalStateException e =
                assertThrows(IllegalStateException.class, () -> state.truncate(29));
        assertEquals(
                "A recurrent state of 30 tokens cannot go back to 29; only a fork made there has"
                        + " it.",
                e.getMessage());
        assertTrue(state.canTruncate(30));
        state.truncate(30);
        state.truncate(0);
        assertTrue(state.canTruncate(0));
        assertFalse(state.canTruncate(30));
    }
}
