package io.github.lapidary.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.Golden;
import io.github.lapidary.Tiny;
import io.github.lapidary.checkpoint.Checkpoint;
import io.github.lapidary.config.GemmaConfig;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.state.DecodingState;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sequences that grow, slide, split and go back. The windows are of 8 and 10 tokens. */
class DecodingTest {

    private static final double TOLERANCE = 1e-4;

    /** Long enough for the caches of windows to slide twice. */
    private static final int LONG = 1250;

    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private Decoding load(String name) throws Exception {
        return new Decoding(Tiny.load(name, manager), manager);
    }

    private static long[] after(long[] ids, int first) {
        return Arrays.copyOfRange(ids, first, ids.length);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemma2", "gemma3_mqa"})
    void windowsThatSlideEqualOnePass(String name) throws Exception {
        Decoding decoding = load(name);
        long[] text = Tiny.ids(LONG);
        float[] whole = decoding.whole(text);
        try (DecodingState state = decoding.start()) {
            Golden.assertClose(
                    "chunks of 111", whole, decoding.feedInChunks(state, text, 111), TOLERANCE);
        }
        int prompt = 500;
        int prompted = prompt * decoding.model().config().vocabSize();
        try (DecodingState state = decoding.start()) {
            decoding.feed(state, Arrays.copyOf(text, prompt));
            Golden.assertClose(
                    "steps",
                    Arrays.copyOfRange(whole, prompted, whole.length),
                    decoding.feedInChunks(state, after(text, prompt), 1),
                    TOLERANCE);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "gemma2, FLOAT32, 5",
        "gemma2, FLOAT32, 300",
        "gemma2, FLOAT32, 700",
        "gemma2_bf16, BFLOAT16, 5",
        "gemma2_bf16, BFLOAT16, 700",
        "glam, FLOAT32, 5",
        "glam, FLOAT32, 700",
        "glam_alt, FLOAT32, 300",
        "glam_alt, BFLOAT16, 700"
    })
    void forksGoOnAlone(String name, WeightFormat format, int length) throws Exception {
        Decoding decoding = new Decoding(Tiny.load(name, manager, format), manager);
        try (DecodingState state = decoding.start()) {
            decoding.feedInChunks(state, Tiny.ids(length), 100);
            try (DecodingState fork = state.fork();
                    DecodingState other = state.fork()) {
                decoding.feed(other, 9, 9, 9, 9, 9, 9, 9);
                float[] expected = decoding.feed(state, 11, 12, 13);
                decoding.feed(other, 9, 9, 9);
                assertEquals(length, fork.position());
                assertArrayEquals(expected, decoding.feed(fork, 11, 12, 13));
                assertArrayEquals(decoding.feed(state, 14), decoding.feed(fork, 14));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemma2", "glam", "glam_alt"})
    void forksOutliveWhatTheyWereForkedFrom(String name) throws Exception {
        Decoding decoding = load(name);
        DecodingState state = decoding.start();
        decoding.feed(state, Tiny.ids(20));
        try (DecodingState fork = state.fork();
                DecodingState twin = state.fork()) {
            float[] expected = decoding.feed(state, 7, 8);
            state.close();
            assertArrayEquals(expected, decoding.feed(fork, 7, 8));
            assertArrayEquals(expected, decoding.feed(twin, 7, 8));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "gemma2, 5",
        "gemma2, 300",
        "gemma2, 700",
        "glam, 5",
        "glam, 700",
        "glam_alt, 300",
        "glam_alt, 700"
    })
    void goingBackIsExact(String name, int length) throws Exception {
        Decoding decoding = load(name);
        try (DecodingState state = decoding.start()) {
            decoding.feedInChunks(state, Tiny.ids(length), 100);
            float[] expected = decoding.feed(state, 11, 12, 13);
            float[] next = decoding.feed(state, 14);
            assertEquals(length + 4, state.position());

            state.truncate(length);
            assertEquals(length, state.position());
            decoding.feedInChunks(state, Tiny.ids(40), 1);
            state.truncate(length);
            assertArrayEquals(expected, decoding.feed(state, 11, 12, 13));
            assertArrayEquals(next, decoding.feed(state, 14));
        }
    }

    @Test
    void goingBackBySixtyFourTokensIsAlwaysPossible() throws Exception {
        Decoding decoding = load("gemma2");
        try (DecodingState state = decoding.start()) {
            for (int length = 0; length < LONG; length += 25) {
                decoding.feed(state, after(Tiny.ids(26), 1));
                assertTrue(state.canTruncate(Math.max(0, state.position() - 64)));
            }
        }
    }

    @Test
    void goingBackTooFarIsRefusedAndChangesNothing() throws Exception {
        Decoding decoding = load("gemma2");
        try (DecodingState state = decoding.start()) {
            decoding.feedInChunks(state, Tiny.ids(700), 100);
            try (DecodingState twin = state.fork()) {
                for (int tokens : new int[] {-1, 0, 200, 701}) {
                    assertFalse(state.canTruncate(tokens));
                    IllegalStateException e =
                            assertThrows(IllegalStateException.class, () -> state.truncate(tokens));
                    assertEquals(
                            "The sequence has 700 tokens and cannot go back to " + tokens + ".",
                            e.getMessage());
                }
                assertEquals(700, state.position());
                assertArrayEquals(decoding.feed(twin, 5, 6), decoding.feed(state, 5, 6));
            }
        }
    }

    /** Full attention remembers all, so that a sequence goes back to any of its tokens. */
    @ParameterizedTest
    @ValueSource(strings = {"glam", "glam_alt"})
    void withoutWindowsASequenceGoesBackToAnyToken(String name) throws Exception {
        Decoding decoding = load(name);
        long[] text = Tiny.ids(700);
        try (DecodingState state = decoding.start()) {
            decoding.feedInChunks(state, text, 100);
            for (int length : new int[] {500, 200, 1, 0}) {
                assertTrue(state.canTruncate(length));
                state.truncate(length);
                try (DecodingState fresh = decoding.start()) {
                    decoding.feedInChunks(fresh, Arrays.copyOf(text, length), 100);
                    Golden.assertClose(
                            "after " + length,
                            decoding.feed(fresh, 5, 6),
                            decoding.feed(state, 5, 6),
                            TOLERANCE);
                }
                state.truncate(length);
            }
        }
    }

    /** A pass may end before any layer; that which grows or slides a cache, too. */
    @ParameterizedTest
    @CsvSource({"gemma2, 5", "gemma2, 250", "gemma2, 550", "glam, 5", "glam, 250", "glam_alt, 550"})
    void passesThatFailLeaveTheSequenceAsItWas(String name, int length) throws Exception {
        Decoding decoding = load(name);
        long[] tokens = Tiny.ids(50);
        RuntimeException cause = new CancellationException();
        for (int layer = 0; layer < decoding.model().config().numHiddenLayers(); layer++) {
            AtomicInteger layers = new AtomicInteger(layer);
            try (DecodingState state = decoding.start()) {
                decoding.feedInChunks(state, Tiny.ids(length), 100);
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
                                    () -> decoding.feed(List.of(state), List.of(tokens), fail)));
                    assertEquals(length, state.position());
                    assertArrayEquals(decoding.feed(twin, 17, 18), decoding.feed(state, 17, 18));
                }
            }
        }
    }

    @Test
    void theContextsEndIsRefusedWithBothNumbers() throws Exception {
        GemmaConfig config =
                withContext((GemmaConfig) Checkpoint.open(Tiny.path("gemma2")).config(), 40);
        CausalLanguageModel model = Models.of(config);
        model.initialize(manager, DataType.FLOAT32, new Shape(1, 1));
        Decoding decoding = new Decoding(model, manager);
        try (DecodingState state = decoding.start()) {
            decoding.feed(state, Tiny.ids(39));
            IllegalArgumentException e =
                    assertThrows(IllegalArgumentException.class, () -> decoding.feed(state, 5, 6));
            assertEquals("The context has room for 40 tokens; found 41.", e.getMessage());
            assertEquals(39, state.position());
            decoding.feed(state, 5);
            assertThrows(IllegalArgumentException.class, () -> decoding.feed(state, 6));
        }
    }

    private static GemmaConfig withContext(GemmaConfig config, int maxPositionEmbeddings) {
        return new GemmaConfig(
                config.version(),
                config.vocabSize(),
                config.hiddenSize(),
                config.intermediateSize(),
                config.numAttentionHeads(),
                config.numKeyValueHeads(),
                config.headDim(),
                config.layerKinds(),
                config.slidingWindow(),
                config.queryPreAttnScalar(),
                config.rmsNormEps(),
                maxPositionEmbeddings,
                config.attnLogitSoftcapping(),
                config.finalLogitSoftcapping(),
                config.fullRotary(),
                config.slidingRotary(),
                config.specialTokens());
    }

    @Test
    void passesThatDoNotGoTogetherAreRefused() throws Exception {
        Decoding decoding = load("gemma1_mqa");
        try (DecodingState state = decoding.start();
                DecodingState other = decoding.start()) {
            assertRefused(
                    "There are 1 sequences, and numbers of tokens for 2.",
                    () -> decoding.feed(List.of(state), List.of(Tiny.ids(2), Tiny.ids(2))));
            assertRefused(
                    "Each sequence of a step gets at least one token, not 0.",
                    () -> decoding.feed(List.of(state, other), List.of(Tiny.ids(2), new long[0])));
            assertRefused(
                    "A sequence is in the step more than once.",
                    () -> decoding.feed(List.of(state, state), List.of(Tiny.ids(2), Tiny.ids(2))));
            assertRefused(
                    "A pass brings at most 512 tokens, not 513.",
                    () -> decoding.feed(state, Tiny.ids(513)));
            assertEquals(0, state.position());
        }
    }

    private static void assertRefused(String message, Runnable call) {
        assertEquals(message, assertThrows(IllegalArgumentException.class, call::run).getMessage());
    }
}
