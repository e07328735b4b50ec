package io.github.lapidary.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import io.github.lapidary.Tiny;
import io.github.lapidary.state.DecodingState;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Gates that give no numbers are reported with the token that they were given, wherever it is. */
class GateFaultTest {

    /** Its layers 1 and 3, the last, have experts. */
    private static final String MODEL = "glam_alt";

    private static final long BROKEN = 9;
    private static final int LAST = 3;

    private NDManager manager;
    private CausalLanguageModel model;
    private Decoding decoding;

    @BeforeEach
    void open() throws Exception {
        manager = NDManager.newBaseManager();
        model = Tiny.load(MODEL, manager);
        decoding = new Decoding(model, manager);
    }

    @AfterEach
    void close() {
        manager.close();
    }

    /**
     * Lets the tokens of each sequence from this position on, below 8, be no numbers after a
     * layer's attention. An infinite embedding would not do, for attention spreads it over a whole
     * pass.
     */
    private void breakFrom(int layer, int position) {
        String path = "layers.%d.self_attn.relative_attention_bias.weight".formatted(layer);
        NDArray biases = model.parametersByPath().get(path).getArray();
        biases.set(new NDIndex(position + ", :"), Float.NaN);
    }

    private static void assertFault(int layer, String token, Executable pass) {
        ArithmeticException e = assertThrows(ArithmeticException.class, pass);
        assertEquals(
                "The gate of layer %d gives nan for %s: its weight or the token is not finite."
                        .formatted(layer, token),
                e.getMessage());
    }

    /** In groups of layers and one by one. */
    @ParameterizedTest
    @ValueSource(ints = {5, 40})
    void theLastLayerGetsTheLastTokenOnly(int tokens) {
        NDArray gate =
                model.parametersByPath().get("layers." + LAST + ".moe.gate.weight").getArray();
        gate.set(new NDIndex("2, 1"), Float.NaN);
        try (DecodingState state = decoding.start()) {
            assertFault(
                    LAST,
                    "token " + (tokens - 1),
                    () -> decoding.last(List.of(state), List.of(Tiny.ids(tokens))));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 20})
    void theLastLayerGetsTheLastTokenOfEachSequence(int more) {
        breakFrom(LAST, 4);
        long[] fine = Tiny.ids(3);
        long[] faulty = Tiny.ids(5 + more);
        try (DecodingState first = decoding.start();
                DecodingState second = decoding.start()) {
            assertFault(
                    LAST,
                    "token %d of sequence 1".formatted(4 + more),
                    () -> decoding.last(List.of(first, second), List.of(fine, faulty)));
        }
    }

    @Test
    void positionsAreThoseOfTheSequenceInLaterChunks() {
        breakFrom(1, 5);
        try (DecodingState state = decoding.start()) {
            decoding.feed(state, Tiny.ids(3));
            for (int tokens : new int[] {4, 20}) {
                assertFault(1, "token 5", () -> decoding.feed(state, Tiny.ids(tokens)));
            }
            assertEquals(3, state.position());
        }
    }

    @Test
    void aTokenReadAloneIsNamedByItsPosition() {
        model.embedding().weight().set(new NDIndex(BROKEN + ", 3"), Float.POSITIVE_INFINITY);
        try (DecodingState state = decoding.start()) {
            decoding.feed(state, Tiny.ids(30));
            assertFault(1, "token 30", () -> decoding.feed(state, BROKEN));
            List<long[]> tokens = List.of(new long[] {BROKEN});
            assertFault(1, "token 30", () -> decoding.last(List.of(state), tokens));
        }
    }

    @Test
    void ofSeveralSequencesTheOneIsNamed() {
        breakFrom(1, 3);
        try (DecodingState first = decoding.start();
                DecodingState second = decoding.start()) {
            decoding.feed(second, 2, 5);
            List<long[]> tokens = List.of(new long[] {2, 5, 6}, new long[] {7, 10, 8});
            assertFault(
                    1,
                    "token 3 of sequence 1",
                    () -> decoding.feed(List.of(first, second), tokens));
        }
    }

    /** Padding counts where tokens stand in the batch, and so do packed documents. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "1 1 1 0 0 1 1 1 1 0; 3; token 3 of row 1",
                "0 0 1 1 1 0 1 1 1 1; 3; token 4 of row 1",
                "1 1 2 2 0 3 2 2 2 1; 2; token 3 of row 1",
                "0 1 1 1 1 0 0 0 1 1; 3; token 4 of row 0"
            })
    void placesAreThoseOfThePaddedBatch(String mask, int position, String token) {
        breakFrom(1, position);
        long[] segments = Arrays.stream(mask.split(" ")).mapToLong(Long::parseLong).toArray();
        long[] ids = new long[10];
        long[] labels = new long[10];
        for (int i = 0; i < 10; i++) {
            ids[i] = 20L + i;
            labels[i] = segments[i] == 0 ? TokenLoss.IGNORED : 30;
        }
        Shape shape = new Shape(2, 5);
        NDList data = new NDList(manager.create(ids, shape), manager.create(segments, shape));
        NDArray known = manager.create(labels, shape);
        ParameterStore store = new ParameterStore(manager, false);
        for (boolean training : new boolean[] {false, true}) {
            assertFault(1, token, () -> model.forward(store, data, training));
        }
        assertFault(1, token, () -> model.loss(data, known));
        for (boolean recomputation : new boolean[] {false, true}) {
            model.setTraining(TrainingOptions.defaults().withRecomputation(recomputation));
            assertFault(
                    1,
                    token,
                    () ->
                            model.addGradients(
                                    data, known, parameter -> manager.zeros(parameter.getShape())));
        }
    }
}
