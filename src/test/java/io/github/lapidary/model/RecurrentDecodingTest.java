package io.github.lapidary.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.github.lapidary.Golden;
import io.github.lapidary.Tiny;
import io.github.lapidary.config.Presets;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.state.DecodingState;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sequences whose state does not grow. The window is of 8 tokens. */
class RecurrentDecodingTest {

    private NDManager manager;
    private Decoding decoding;

    @BeforeEach
    void open() throws Exception {
        manager = NDManager.newBaseManager();
        decoding = new Decoding(Tiny.load("recurrentgemma", manager), manager);
    }

    @AfterEach
    void close() {
        manager.close();
    }

    /** Long enough for the windows' caches to slide twice. */
    @Test
    void longTextsInChunksEqualOnePass() {
        long[] text = Tiny.ids(1250);
        float[] whole = decoding.whole(text);
        try (DecodingState state = decoding.start()) {
            float[] logits = decoding.feedInChunks(state, text, 111);
            Golden.assertClose("chunks of 111", whole, logits, 1e-4);
        }
    }

    @Test
    void memoryDoesNotDependOnTheLength() {
        long[] chunk = Tiny.ids(512);
        try (DecodingState state = decoding.start()) {
            for (int i = 0; i < 4; i++) {
                decoding.feed(state, chunk);
            }
            long before = bytes(state);
            assertEquals(before, decoding.model().stateBytes(2048));
            for (int i = 0; i < 16; i++) {
                decoding.feed(state, chunk);
            }
            assertEquals(20 * 512, state.position());
            assertEquals(before, bytes(state));
        }
    }

    private long bytes(DecodingState state) {
        long elements = 0;
        for (int i = 0; i < decoding.model().config().numHiddenLayers(); i++) {
            elements +=
                    state.layer(i).arrays().stream()
                            .map(NDArray::getShape)
                            .mapToLong(shape -> shape.size())
                            .sum();
        }
        return elements * Float.BYTES;
    }

    /**
     * What is needed of the past is 16 MiB of keys and values, and the recurrences' 450 KiB. Held
     * are the keys and values of a pass on top, and some to go back by, and the recurrences twice.
     */
    @Test
    void theStateOfTheReleasedModelIsSmall() {
        CausalLanguageModel model = Models.of(Presets.get("recurrentgemma-2b"));
        model.setFormat(WeightFormat.BFLOAT16);
        long attention = 8L * 2 * 256 * 2 * (2047 + 64 + model.chunk());
        long recurrence = 18L * 2 * (2560 * 4 + 3 * 2560 * 2);
        assertEquals(22_409_216, attention + recurrence); // 21.4 MiB
        assertEquals(17_238_016, 8L * 2 * 256 * 2 * 2048 + recurrence / 2); // 16.4 MiB
        assertEquals(attention + recurrence, model.stateBytes(8192));
        assertEquals(attention + recurrence, model.stateBytes(1_000_000_000));
    }

    @ParameterizedTest
    @CsvSource({"recurrentgemma, FLOAT32", "recurrentgemma_bf16, BFLOAT16"})
    void forksGoOnAlone(String name, WeightFormat format) throws Exception {
        Decoding each = new Decoding(Tiny.load(name, manager, format), manager);
        try (DecodingState state = each.start()) {
            each.feedInChunks(state, Tiny.ids(25), 7);
            try (DecodingState fork = state.fork();
                    DecodingState other = state.fork()) {
                each.feed(other, 9, 9, 9);
                float[] expected = each.feed(state, 11, 12, 13);
                each.feed(other, 9);
                assertArrayEquals(expected, each.feed(fork, 11, 12, 13));
                assertArrayEquals(each.feed(state, 14), each.feed(fork, 14));
            }
        }
    }

    @Test
    void passesThatFailLeaveTheSequenceAsItWas() {
        RuntimeException cause = new CancellationException();
        for (int layer = 0; layer < decoding.model().config().numHiddenLayers(); layer++) {
            AtomicInteger layers = new AtomicInteger(layer);
            try (DecodingState state = decoding.start()) {
                decoding.feed(state, Tiny.ids(9));
                try (DecodingState twin = state.fork()) {
                    Runnable fail =
                            () -> {
                                if (layers.getAndDecrement() == 0) {
                                    throw cause;
                                }
                            };
                    assertSame(
                            cause,
                            assertThrows(
                                    CancellationException.class,
                                    () ->
                                            decoding.feed(
                                                    List.of(state), List.of(Tiny.ids(40)), fail)));
                    assertEquals(9, state.position());
                    assertArrayEquals(decoding.feed(twin, 17, 18), decoding.feed(state, 17, 18));
                }
            }
        }
    }

    @Test
    void goesBackToItsStartOnly() {
        try (DecodingState state = decoding.start()) {
            float[] expected = decoding.feed(state, Tiny.ids(9));
            assertFalse(state.canTruncate(8));
            IllegalStateException e =
                    assertThrows(IllegalStateException.class, () -> state.truncate(8));
            assertEquals("The sequence has 9 tokens and cannot go back to 8.", e.getMessage());
            assertTrue(state.canTruncate(9));
            state.truncate(0);
            assertArrayEquals(expected, decoding.feed(state, Tiny.ids(9)));
        }
    }
}
