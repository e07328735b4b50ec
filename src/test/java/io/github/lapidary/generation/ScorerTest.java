package io.github.lapidary.generation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import io.github.lapidary.Golden;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.LoadOptions;
import io.github.lapidary.OpenResources;
import io.github.lapidary.Tiny;
import io.github.lapidary.kernel.format.WeightFormat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Scores against the references, and against plain passes over each window. */
@Timeout(60)
class ScorerTest {

    private static final int VOCABULARY = 640;
    private static final LoadOptions EXACT =
            LoadOptions.defaults().withFormat(WeightFormat.FLOAT32);

    @TempDir private static Path folder;
    private static LanguageModel model;
    private static LanguageModel bounded;
    private static OpenResources open;

    @BeforeAll
    static void load() throws Exception {
        model = LanguageModel.load(Tiny.path("gemma2"), EXACT);
        open = OpenResources.of(model);
        Path small = Tiny.copyWithContext("gemma2", folder.resolve("model"), 16);
        bounded = LanguageModel.load(small, EXACT);
    }

    @AfterEach
    void nothingIsLeftOpen() {
        open.assertUnchanged();
    }

    @AfterAll
    static void close() {
        model.close();
        bounded.close();
    }

    private static ScoreOptions options(int top) {
        return new ScoreOptions(OptionalInt.empty(), top, new Cancellation());
    }

    private static ScoreOptions stride(int stride) {
        return new ScoreOptions(OptionalInt.of(stride), 3, new Cancellation());
    }

    /** Keeps all logits, and how far it was told the scoring is. */
    private static class Collector implements ScoreListener {

        final List<Integer> places = new ArrayList<>();
        final List<float[]> logits = new ArrayList<>();
        final List<Integer> progress = new ArrayList<>();

        @Override
        public boolean wantsLogits() {
            return true;
        }

        @Override
        public void onLogits(int index, float[] row) {
            places.add(index);
            logits.add(row);
        }

        @Override
        public void onProgress(int done, int total) {
            progress.add(done);
        }
    }

    private static float[] row(float[] logits, int row) {
        return Arrays.copyOfRange(logits, row * VOCABULARY, (row + 1) * VOCABULARY);
    }

    @ParameterizedTest
    @CsvSource({
        "gemma2, p0",
        "gemma2, p1",
        "gemma2, p2",
        "glam, p0",
        "glam, p1",
        "glam, p2",
        "glam_alt, p0",
        "glam_alt, p1",
        "glam_alt, p2"
    })
    void scoresAreTheReferences(String name, String prompt) throws Exception {
        try (LanguageModel checkpoint = LanguageModel.load(Tiny.path(name), EXACT);
                Golden golden = Tiny.golden(name)) {
            int[] ids =
                    Arrays.stream(golden.longs(prompt + ".input_ids"))
                            .mapToInt(Math::toIntExact)
                            .toArray();
            float[] logits = golden.floats(prompt + ".logits");
            Collector collector = new Collector();
            Score score = checkpoint.score(ids, options(20), collector);
            assertEquals(ids.length - 1, score.tokens().size());
            double sum = 0;
            for (int i = 0; i < ids.length - 1; i++) {
                LogProbabilities expected = ReferenceScores.of(row(logits, i), ids[i + 1], 20);
                ReferenceScores.assertClose(expected, score.tokens().get(i));
                sum -= expected.chosen();
            }
            assertEquals(sum / (ids.length - 1), score.meanNegativeLogLikelihood(), 1e-4);
            assertEquals(IntStream.range(0, ids.length).boxed().toList(), collector.places);
            for (int i = 0; i < ids.length; i++) {
                Golden.assertClose("logits " + i, row(logits, i), collector.logits.get(i), 1e-4);
            }
        }
    }

    /** Returns the logits of a window in one pass without any state. */
    private static float[] whole(LanguageModel checkpoint, int[] ids) {
        long[] longs = Arrays.stream(ids).asLongStream().toArray();
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray array = manager.create(longs, new Shape(1, longs.length));
            ParameterStore store = new ParameterStore(manager, false);
            return checkpoint
                    .block()
                    .forward(store, new NDList(array), false)
                    .head()
                    .toFloatArray();
        }
    }

    /** Each token counts once, after all that the first window with the token before it holds. */
    @ParameterizedTest
    @CsvSource({"50,1", "50,5", "50,8", "50,16", "17,8", "16,8", "3,8", "64,8"})
    void aTextLongerThanTheContextIsScoredInWindows(int length, int stride) throws Exception {
        assertWindows(bounded, length, stride);
    }

    @ParameterizedTest
    @CsvSource({"glam, 50, 1", "glam, 50, 5", "glam_alt, 17, 8", "glam_alt, 64, 16"})
    void soIsOneOfAModelWithExperts(String name, int length, int stride) throws Exception {
        Path path = Tiny.copyWithContext(name, folder.resolve(name + length + stride), 16);
        try (LanguageModel sparse = LanguageModel.load(path, EXACT)) {
            assertWindows(sparse, length, stride);
        }
    }

    private static void assertWindows(LanguageModel windowed, int length, int stride)
            throws IOException {
        int[] ids = Tiny.prompt(length);
        Collector collector = new Collector();
        Score score = windowed.score(ids, stride(stride), collector);
        assertEquals(length - 1, score.tokens().size());
        assertEquals(IntStream.range(0, length).boxed().toList(), collector.places);
        for (int i = 0; i < length; i++) {
            int start = 0;
            while (i >= start + 16) {
                start += stride;
            }
            float[] logits = whole(windowed, Arrays.copyOfRange(ids, start, i + 1));
            float[] last = row(logits, i - start);
            Golden.assertClose("logits " + i, last, collector.logits.get(i), 1e-4);
            if (i < length - 1) {
                ReferenceScores.assertClose(
                        ReferenceScores.of(last, ids[i + 1], 3), score.tokens().get(i));
            }
        }
    }

    @Test
    void theWindowMovesByHalfTheContextIfNothingElseIsAsked() throws Exception {
        int[] ids = Tiny.prompt(40);
        assertEquals(
                bounded.score(ids, stride(8), ScoreListener.NONE),
                bounded.score(ids, options(3), ScoreListener.NONE));
    }

    @Test
    void theContextMayBeShorterThanTheModels() throws Exception {
        int[] ids = Tiny.prompt(40);
        try (LanguageModel shortened =
                LanguageModel.load(Tiny.path("gemma2"), EXACT.withContextLength(16))) {
            assertEquals(
                    bounded.score(ids, options(3), ScoreListener.NONE),
                    shortened.score(ids, options(3), ScoreListener.NONE));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> shortened.score(ids, stride(17), ScoreListener.NONE));
        }
    }

    @Test
    void progressOnlyGrows() throws Exception {
        Path path = Tiny.copyWithContext("gemma2", folder.resolve("progress"), 1024);
        try (LanguageModel medium = LanguageModel.load(path, EXACT)) {
            Collector collector = new Collector();
            medium.score(Tiny.prompt(1500), stride(256), collector);
            assertEquals(List.of(512, 1024, 1280, 1500), collector.progress);
        }
    }

    @Test
    void aCancelledScoringThrows() {
        ScoreOptions options = options(0);
        Collector collector =
                new Collector() {
                    @Override
                    public void onProgress(int done, int total) {
                        super.onProgress(done, total);
                        options.cancellation().cancel();
                    }
                };
        assertThrows(
                CancellationException.class,
                () -> model.score(Tiny.prompt(1100), options, collector));
        assertEquals(List.of(512), collector.progress);
    }

    @Test
    void anInterruptCancels() {
        Thread.currentThread().interrupt();
        assertThrows(CancellationException.class, () -> model.score("some words"));
        assertTrue(Thread.interrupted());
    }

    @Test
    void theListenersErrorEndsTheScoring() {
        IOException failure = new IOException("the disk is full");
        ScoreListener failing =
                new ScoreListener() {
                    @Override
                    public boolean wantsLogits() {
                        return true;
                    }

                    @Override
                    public void onLogits(int index, float[] logits) throws IOException {
                        throw failure;
                    }
                };
        assertSame(
                failure,
                assertThrows(
                        IOException.class, () -> model.score(Tiny.prompt(5), options(0), failing)));
    }

    @Test
    void wrongCallsAreRefusedWithTheirValues() {
        assertRefused("The text is empty; it needs at least a token.", new int[0], options(0));
        assertRefused(
                "The text holds the id 640; the vocabulary has 640 tokens.",
                new int[] {2, 640},
                options(0));
        assertRefused(
                "The text holds the id -1; the vocabulary has 640 tokens.",
                new int[] {-1},
                options(0));
        assertRefused(
                "The stride (17) is larger than the context (16 tokens).",
                new int[] {2},
                stride(17));
    }

    private static void assertRefused(String message, int[] ids, ScoreOptions options) {
        assertEquals(
                message,
                assertThrows(
                                IllegalArgumentException.class,
                                () -> bounded.score(ids, options, ScoreListener.NONE))
                        .getMessage());
    }

    @Test
    void aTextIsScoredAfterTheTokenThatBeginsEveryText() throws Exception {
        int[] ids = model.encode("some words");
        assertEquals(model.tokenizer().bosId(), ids[0]);
        assertArrayEquals(
                model.score(ids, options(0), ScoreListener.NONE).tokens().toArray(),
                model.score("some words").tokens().toArray());
    }
}
