package io.github.lapidary.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import io.github.lapidary.Golden;
import io.github.lapidary.Tiny;
import io.github.lapidary.nn.Step;
import io.github.lapidary.state.DecodingState;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What every family promises: the numbers of a reference in float32, the same in whatever steps a
 * text comes and in whatever company. A family names its tiny checkpoints.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ModelContract {

    /** The largest absolute difference of logits and hidden states. */
    private static final double TOLERANCE = 1e-4;

    private static final List<String> PROMPTS = List.of("p0", "p1", "p2");
    private static final int LONG = 150;

    private NDManager manager;

    /** Returns the checkpoints whose references hold logits and greedy texts. */
    abstract List<String> checkpoints();

    /** Returns those whose references hold all else, too. */
    abstract List<String> detailedCheckpoints();

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

    private NDArray forward(Decoding decoding, NDArray... inputs) {
        return decoding.model()
                .forward(new ParameterStore(manager, false), new NDList(inputs), false)
                .singletonOrThrow();
    }

    private static void assertClose(String what, float[] expected, float[] actual) {
        Golden.assertClose(what, expected, actual, TOLERANCE);
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void logitsAreTheReferences(String name) throws Exception {
        Decoding decoding = load(name);
        try (Golden golden = Tiny.golden(name)) {
            for (String prompt : PROMPTS) {
                NDArray logits = forward(decoding, golden.array(manager, prompt + ".input_ids"));
                assertEquals(golden.shape(prompt + ".logits"), logits.getShape());
                assertClose(prompt, golden.floats(prompt + ".logits"), logits.toFloatArray());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void greedyTextsAreTheReferences(String name) throws Exception {
        Decoding decoding = load(name);
        try (Golden golden = Tiny.golden(name)) {
            for (String prompt : PROMPTS) {
                try (DecodingState state = decoding.start()) {
                    float[] logits = decoding.feed(state, golden.longs(prompt + ".input_ids"));
                    assertClose(prompt, golden.floats(prompt + ".logits"), logits);
                    assertArrayEquals(
                            golden.longs(prompt + ".greedy"),
                            decoding.greedy(state, logits, 24),
                            prompt);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("detailedCheckpoints")
    void hiddenStatesAreTheReferences(String name) throws Exception {
        Decoding decoding = load(name);
        try (Golden golden = Tiny.golden(name);
                Step step = Step.whole(manager, new int[] {33}, false)) {
            NDArray ids = golden.array(manager, "p2.input_ids").flatten();
            List<float[]> hidden = new ArrayList<>();
            NDArray last =
                    decoding.model()
                            .hiddenStates(
                                    step,
                                    ids,
                                    (layer, x) -> {
                                        assertEquals(hidden.size(), layer);
                                        hidden.add(x.toFloatArray());
                                    });
            assertEquals(decoding.model().config().numHiddenLayers() + 1, hidden.size());
            for (int i = 0; i < hidden.size(); i++) {
                assertClose("layer " + i, golden.floats("p2.hidden." + i), hidden.get(i));
            }
            assertClose("final", golden.floats("p2.hidden.final"), last.toFloatArray());
        }
    }

    @ParameterizedTest
    @MethodSource("detailedCheckpoints")
    void paddingOnEitherSideChangesNothing(String name) throws Exception {
        Decoding decoding = load(name);
        try (Golden golden = Tiny.golden(name)) {
            for (String batch : List.of("batch_right", "batch_left")) {
                if (!golden.names().contains(batch + ".input_ids")) {
                    continue; // GLaM has references of the right alone; PaddingTest moves them
                }
                NDArray logits =
                        forward(
                                decoding,
                                golden.array(manager, batch + ".input_ids"),
                                golden.array(manager, batch + ".attention_mask"));
                assertEquals(golden.shape(batch + ".logits"), logits.getShape());
                // Both are zero where the mask is.
                assertClose(batch, golden.floats(batch + ".logits"), logits.toFloatArray());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("detailedCheckpoints")
    void raggedSequencesAreTheReferences(String name) throws Exception {
        Decoding decoding = load(name);
        try (Golden golden = Tiny.golden(name)) {
            List<long[]> prompts = rows(golden);
            float[] expected = logitsOfTokens(golden);
            List<DecodingState> states = prompts.stream().map(prompt -> decoding.start()).toList();
            try (NDArray logits = decoding.feed(states, prompts)) {
                assertClose("prompts", expected, logits.toFloatArray());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("detailedCheckpoints")
    void companyChangesNoText(String name) throws Exception {
        Decoding decoding = load(name);
        try (Golden golden = Tiny.golden(name)) {
            List<long[]> prompts = rows(golden);
            List<long[]> alone = new ArrayList<>();
            for (long[] prompt : prompts) {
                try (DecodingState state = decoding.start()) {
                    alone.add(decoding.greedy(state, decoding.feed(state, prompt), 12));
                }
            }
            assertArrayEquals(alone.toArray(), together(decoding, prompts, 12).toArray());
        }
    }

    /** Continues all prompts at once; each joins a pass later than the one before. */
    private static List<long[]> together(Decoding decoding, List<long[]> prompts, int count) {
        int vocabSize = decoding.model().config().vocabSize();
        List<DecodingState> states = prompts.stream().map(prompt -> decoding.start()).toList();
        List<long[]> texts = prompts.stream().map(prompt -> new long[count]).toList();
        int[] known = new int[prompts.size()];
        for (int pass = 0; pass < count + prompts.size() - 1; pass++) {
            int now = pass;
            List<Integer> members =
                    IntStream.range(0, prompts.size())
                            .filter(i -> i <= now && known[i] < count)
                            .boxed()
                            .toList();
            List<long[]> tokens = new ArrayList<>();
            int rows = 0;
            for (int i : members) {
                tokens.add(
                        known[i] == 0 ? prompts.get(i) : new long[] {texts.get(i)[known[i] - 1]});
            }
            try (NDArray logits =
                    decoding.feed(members.stream().map(states::get).toList(), tokens)) {
                float[] numbers = logits.toFloatArray();
                for (int m = 0; m < members.size(); m++) {
                    rows += tokens.get(m).length;
                    int i = members.get(m);
                    texts.get(i)[known[i]++] =
                            decoding.likeliest(Arrays.copyOf(numbers, rows * vocabSize));
                }
            }
        }
        return texts;
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void stepsAndChunksEqualOnePass(String name) throws Exception {
        Decoding decoding = load(name);
        long[] prompt = Tiny.ids(LONG);
        float[] whole = decoding.whole(prompt);
        long[] text;
        try (DecodingState state = decoding.start()) {
            float[] logits = decoding.feed(state, prompt);
            assertClose("one pass", whole, logits);
            text = decoding.greedy(state, logits, 8);
        }
        for (int chunk : new int[] {1, 3, 7, 64}) {
            try (DecodingState state = decoding.start()) {
                float[] logits = decoding.feedInChunks(state, prompt, chunk);
                assertEquals(LONG, state.position());
                assertClose("chunks of " + chunk, whole, logits);
                assertArrayEquals(text, decoding.greedy(state, logits, 8), "chunks of " + chunk);
            }
        }
    }

    /**
     * The pass to the last tokens spares work in the last layer: neither result nor states differ.
     */
    @ParameterizedTest
    @MethodSource("detailedCheckpoints")
    void lastTokensAloneAreThoseOfAll(String name) throws Exception {
        Decoding decoding = load(name);
        List<long[]> texts = List.of(Tiny.ids(LONG), Tiny.ids(1), Tiny.ids(7));
        List<DecodingState> all = texts.stream().map(text -> decoding.start()).toList();
        List<DecodingState> last = texts.stream().map(text -> decoding.start()).toList();
        try (NDArray logits = decoding.feed(all, texts)) {
            int vocabSize = decoding.model().config().vocabSize();
            float[] numbers = logits.toFloatArray();
            float[] expected = new float[texts.size() * vocabSize];
            int rows = 0;
            for (int i = 0; i < texts.size(); i++) {
                rows += texts.get(i).length;
                System.arraycopy(
                        numbers, (rows - 1) * vocabSize, expected, i * vocabSize, vocabSize);
            }
            assertClose("last tokens", expected, decoding.last(last, texts));
        }
        List<long[]> next = texts.stream().map(text -> new long[] {5}).toList();
        try (NDArray logits = decoding.feed(all, next)) {
            assertClose("next tokens", logits.toFloatArray(), decoding.last(last, next));
        }
    }

    /** Returns the tokens of each row of the padded batch. */
    static List<long[]> rows(Golden golden) throws IOException {
        long[] ids = golden.longs("batch_right.input_ids");
        long[] mask = golden.longs("batch_right.attention_mask");
        int width = Math.toIntExact(golden.shape("batch_right.input_ids").get(1));
        List<long[]> rows = new ArrayList<>();
        for (int row = 0; row < ids.length / width; row++) {
            int first = row * width;
            rows.add(
                    IntStream.range(first, first + width)
                            .filter(i -> mask[i] == 1)
                            .mapToLong(i -> ids[i])
                            .toArray());
        }
        return rows;
    }

    /** Returns the logits of the batch without those of padding. */
    static float[] logitsOfTokens(Golden golden) throws IOException {
        float[] logits = golden.floats("batch_right.logits");
        long[] mask = golden.longs("batch_right.attention_mask");
        int vocabSize = logits.length / mask.length;
        float[] kept = new float[(int) Arrays.stream(mask).sum() * vocabSize];
        int next = 0;
        for (int i = 0; i < mask.length; i++) {
            if (mask[i] == 1) {
                System.arraycopy(logits, i * vocabSize, kept, next, vocabSize);
                next += vocabSize;
            }
        }
        return kept;
    }
}
