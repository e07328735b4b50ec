package io.github.lapidary.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import io.github.lapidary.Golden;
import io.github.lapidary.Tiny;
import io.github.lapidary.checkpoint.Checkpoint;
import io.github.lapidary.checkpoint.CheckpointLoader;
import io.github.lapidary.config.LayerKind;
import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.state.DecodingState;
import io.github.lapidary.state.LayerState;
import io.github.lapidary.state.RecurrentState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every tiny RecurrentGemma checkpoint against the numbers of transformers and of DeepMind. */
class RecurrentGemmaGoldenTest extends ModelContract {

    static final List<String> ALL = List.of("recurrentgemma", "recurrentgemma_bf16");

    private static final double LOGITS_TOLERANCE = 1e-4;
    private static final double STATE_TOLERANCE = 1e-5;

    /** Of logits whose standard deviation is about 3. */
    private static final double BFLOAT16_TOLERANCE = 0.3;

    @TempDir private Path folder;

    @Override
    List<String> checkpoints() {
        return ALL;
    }

    @Override
    List<String> detailedCheckpoints() {
        return ALL;
    }

    /** After prompts of 7 and 33 tokens, in whatever chunks they come. */
    @ParameterizedTest
    @CsvSource({
        "recurrentgemma, 1",
        "recurrentgemma, 3",
        "recurrentgemma, 7",
        "recurrentgemma, 64",
        "recurrentgemma_bf16, 1",
        "recurrentgemma_bf16, 3",
        "recurrentgemma_bf16, 7",
        "recurrentgemma_bf16, 64"
    })
    void statesAreTheReferences(String name, int chunk) throws Exception {
        try (NDManager manager = NDManager.newBaseManager();
                Golden golden = Tiny.golden(name)) {
            Decoding decoding = new Decoding(Tiny.load(name, manager), manager);
            for (String prompt : List.of("p1", "p2")) {
                assertStates(golden, prompt, decoding, chunk);
            }
        }
    }

    private static void assertStates(Golden golden, String prompt, Decoding decoding, int chunk)
            throws IOException {
        List<LayerKind> kinds = decoding.model().config().layerKinds();
        try (DecodingState state = decoding.start()) {
            decoding.feedInChunks(state, golden.longs(prompt + ".input_ids"), chunk);
            for (int i = 0; i < kinds.size(); i++) {
                if (kinds.get(i) == LayerKind.RECURRENT) {
                    LayerState own = state.layer(i);
                    String reference = prompt + ".state." + i;
                    Golden.assertClose(
                            reference,
                            golden.floats(reference + ".recurrent"),
                            present(own, 0).toFloatArray(),
                            STATE_TOLERANCE);
                    // The reference has the inputs of a channel side by side.
                    Golden.assertClose(
                            reference,
                            golden.floats(reference + ".conv"),
                            present(own, 1).transpose().toFloatArray(),
                            STATE_TOLERANCE);
                }
            }
        }
    }

    /** Longer than many chunks, and than the windows by far; in one pass and not. */
    @ParameterizedTest
    @MethodSource("checkpoints")
    void statesOfLongTextsAreThoseOfOnePass(String name) throws Exception {
        try (NDManager manager = NDManager.newBaseManager()) {
            Decoding decoding = new Decoding(Tiny.load(name, manager), manager);
            long[] text = Tiny.ids(500);
            DecodingState expected = decoding.start();
            decoding.feed(expected, text);
            for (int chunk : new int[] {1, 3, 7, 64}) {
                try (DecodingState state = decoding.start()) {
                    decoding.feedInChunks(state, text, chunk);
                    for (int i = 0; i < decoding.model().config().numHiddenLayers(); i++) {
                        assertSameRecurrence(expected.layer(i), state.layer(i));
                    }
                }
            }
        }
    }

    private static NDArray present(LayerState state, int array) {
        return state.arrays().get(array).get(state.place());
    }

    /** Rows of 12, 5 and 9 tokens in one pass leave the states that each leaves alone. */
    @ParameterizedTest
    @MethodSource("checkpoints")
    void companyChangesNoState(String name) throws Exception {
        try (NDManager manager = NDManager.newBaseManager();
                Golden golden = Tiny.golden(name)) {
            Decoding decoding = new Decoding(Tiny.load(name, manager), manager);
            List<long[]> rows = rows(golden);
            List<DecodingState> together = rows.stream().map(row -> decoding.start()).toList();
            decoding.feed(together, rows).close();
            for (int row = 0; row < rows.size(); row++) {
                DecodingState alone = decoding.start();
                decoding.feed(alone, rows.get(row));
                for (int i = 0; i < decoding.model().config().numHiddenLayers(); i++) {
                    assertSameState(alone.layer(i), together.get(row).layer(i));
                }
                float[] expected = decoding.feed(alone, 7, 8);
                float[] actual = decoding.feed(together.get(row), 7, 8);
                Golden.assertClose("row " + row, expected, actual, STATE_TOLERANCE);
            }
        }
    }

    private static void assertSameState(LayerState expected, LayerState actual) {
        assertEquals(expected.place(), actual.place());
        assertSameRecurrence(expected, actual);
    }

    private static void assertSameRecurrence(LayerState expected, LayerState actual) {
        if (expected instanceof RecurrentState) {
            for (int array = 0; array < expected.arrays().size(); array++) {
                Golden.assertClose(
                        "state",
                        present(expected, array).toFloatArray(),
                        present(actual, array).toFloatArray(),
                        STATE_TOLERANCE);
            }
        }
    }

    /** Whatever its ids are, on the right and on the left, in inference and in training. */
    @ParameterizedTest
    @CsvSource({
        "recurrentgemma, batch_right, false",
        "recurrentgemma, batch_left, false",
        "recurrentgemma, batch_right, true",
        "recurrentgemma, batch_left, true",
        "recurrentgemma_bf16, batch_right, false",
        "recurrentgemma_bf16, batch_left, false",
        "recurrentgemma_bf16, batch_right, true",
        "recurrentgemma_bf16, batch_left, true"
    })
    void paddingIsNeverRead(String name, String batch, boolean training) throws Exception {
        try (NDManager manager = NDManager.newBaseManager();
                Golden golden = Tiny.golden(name)) {
            CausalLanguageModel model = Tiny.load(name, manager);
            NDArray mask = golden.array(manager, batch + ".attention_mask");
            NDArray ids = golden.array(manager, batch + ".input_ids");
            NDArray others = ids.add(mask.neg().add(1).mul(77)); // the pad id is 0
            float[] expected = logits(model, training, ids, mask);
            assertArrayEquals(expected, logits(model, training, others, mask));
        }
    }

    private static float[] logits(CausalLanguageModel model, boolean training, NDArray... inputs) {
        ParameterStore store = new ParameterStore(inputs[0].getManager(), false);
        return model.forward(store, new NDList(inputs), training).head().toFloatArray();
    }

    /** DeepMind's window has one key more. */
    @ParameterizedTest
    @MethodSource("checkpoints")
    void aWindowWithoutItsOwnTokenIsDeepMinds(String name) throws Exception {
        Tiny.copy(
                name,
                folder.resolve(name),
                config -> config.addProperty("attention_window_excludes_self", true));
        Path path = Tiny.path(name).resolve("golden_deepmind.safetensors");
        try (NDManager manager = NDManager.newBaseManager();
                Golden golden = new Golden(path)) {
            CausalLanguageModel model =
                    CheckpointLoader.load(
                            Checkpoint.open(folder.resolve(name)),
                            manager,
                            WeightFormat.FLOAT32,
                            ProgressListener.NONE);
            Decoding decoding = new Decoding(model, manager);
            for (String prompt : List.of("p0", "p1", "p2")) {
                long[] ids = golden.longs(prompt + ".input_ids");
                float[] expected = golden.floats(prompt + ".logits");
                Golden.assertClose(prompt, expected, decoding.whole(ids), LOGITS_TOLERANCE);
                try (DecodingState state = decoding.start()) {
                    float[] logits = decoding.feedInChunks(state, ids, 5);
                    Golden.assertClose(prompt, expected, logits, LOGITS_TOLERANCE);
                    long[] greedy = golden.longs(prompt + ".greedy");
                    assertArrayEquals(greedy, decoding.greedy(state, logits, greedy.length));
                }
            }
            assertStates(golden, "p2", decoding, 64);
        }
    }

    /** Products round to three digits; states and scans do not. */
    @Test
    void bfloat16StaysNearTheReference() throws Exception {
        try (NDManager manager = NDManager.newBaseManager();
                Golden golden = Tiny.golden("recurrentgemma_bf16")) {
            Decoding decoding =
                    new Decoding(
                            Tiny.load("recurrentgemma_bf16", manager, WeightFormat.BFLOAT16),
                            manager);
            long[] ids = golden.longs("p2.input_ids");
            float[] expected = golden.floats("p2.logits");
            Golden.assertClose("one pass", expected, decoding.whole(ids), BFLOAT16_TOLERANCE);
            for (int chunk : new int[] {1, 7}) {
                try (DecodingState state = decoding.start()) {
                    float[] logits = decoding.feedInChunks(state, ids, chunk);
                    Golden.assertClose("chunks", expected, logits, BFLOAT16_TOLERANCE);
                }
            }
        }
    }

    /** Its state then holds as many inputs as the width says but for one; of width 1, none. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7})
    void convolutionsOfAnyWidthStepAsTheyPass(int width) {
        try (NDManager manager = NDManager.newBaseManager()) {
            CausalLanguageModel model = Models.of(RecurrentGemmaLayerTest.config(40, width));
            model.initialize(manager, DataType.FLOAT32, new Shape(1, 1));
            Decoding decoding = new Decoding(model, manager);
            long[] text = Tiny.ids(40);
            float[] whole = decoding.whole(text);
            for (int chunk : new int[] {1, 3, 64}) {
                try (DecodingState state = decoding.start()) {
                    float[] logits = decoding.feedInChunks(state, text, chunk);
                    Golden.assertClose("chunks of " + chunk, whole, logits, 1e-5);
                }
            }
        }
    }
}
