package io.github.lapidary.translate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.training.ParameterStore;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.TranslateException;
import ai.djl.util.PairList;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.OpenResources;
import io.github.lapidary.ProcessMemory;
import io.github.lapidary.generation.ContextLengthException;
import io.github.lapidary.generation.GenerationOptions;
import io.github.lapidary.generation.TokenStream;
import io.github.lapidary.kernel.ModelClosedException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Predictors: their results, their errors, many at once, and what they leave behind. */
@Timeout(120)
class PredictorTest {

    private static final int THREADS = 64;
    private static final int PREDICTORS = 8;
    private static final int PREDICTIONS = 20;

    private static final GenerationOptions FEW =
            GenerationOptions.builder().maxNewTokens(4).ignoreEos(true).build();

    private static String prompt(int thread, int prediction) {
        return "the " + "one two ".repeat(prediction % 5) + thread % 7;
    }

    @Test
    void manyThreadsOnSeveralPredictorsOfOneModel() throws Exception {
        try (ZooModel<String, String> model =
                TinyModel.criteria(String.class, String.class)
                        .optTranslatorFactory(new GenerationTranslatorFactory(FEW))
                        .build()
                        .loadModel()) {
            LanguageModel own = TinyModel.inside(model);
            List<Predictor<String, String>> predictors = new ArrayList<>();
            for (int i = 0; i < PREDICTORS; i++) {
                predictors.add(model.newPredictor());
            }
            List<List<String>> expected =
                    IntStream.range(0, 7).mapToObj(thread -> directly(own, thread)).toList();
            runAll(predictors, expected); // and what is kept for good is there
            OpenResources open = OpenResources.of(own);
            OpenResources.manager(own).cap();
            model.getNDManager().cap();
            long before = ProcessMemory.privateBytesOfTheLiving();
            for (int round = 0; round < 2; round++) {
                runAll(predictors, expected);
                open.assertUnchanged();
            }
            long grown = ProcessMemory.privateBytesOfTheLiving() - before;
            assertTrue(grown < 16 << 20, () -> grown + " bytes more");
            predictors.forEach(Predictor::close);
            assertEquals(0, model.getNDManager().getManagedArrays().size());
        }
        assertEquals(List.of(), ProcessMemory.mappings(TinyModel.PATH));
    }

    private static List<String> directly(LanguageModel model, int thread) {
        return IntStream.range(0, PREDICTIONS)
                .mapToObj(i -> model.generate(prompt(thread, i), FEW).text())
                .toList();
    }

    private static void runAll(
            List<Predictor<String, String>> predictors, List<List<String>> expected)
            throws Exception {
        ExecutorService service = Executors.newFixedThreadPool(THREADS);
        List<Future<List<String>>> results = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            int thread = i;
            results.add(
                    service.submit(
                            () -> {
                                Predictor<String, String> own = predictors.get(thread % PREDICTORS);
                                List<String> texts = new ArrayList<>();
                                for (int j = 0; j < PREDICTIONS; j++) {
                                    texts.add(own.predict(prompt(thread, j)));
                                }
                                return texts;
                            }));
        }
        service.shutdown();
        for (int i = 0; i < THREADS; i++) {
            assertEquals(expected.get(i % 7), results.get(i).get());
        }
    }

    @Test
    void aBatchLargerThanAGroupGivesWhatEachGivesAlone() throws Exception {
        try (ZooModel<String, String> model = TinyModel.load(String.class, String.class);
                Predictor<String, String> predictor = model.newPredictor()) {
            List<String> prompts = IntStream.range(0, 40).mapToObj(i -> prompt(i, i)).toList();
            List<String> alone = new ArrayList<>();
            for (String prompt : prompts) {
                alone.add(predictor.predict(prompt));
            }
            assertEquals(alone, predictor.batchPredict(prompts));
            assertEquals(List.of(), predictor.batchPredict(List.of()));
        }
    }

    @Test
    void whatTheModelCannotTakeIsRefusedWithItsMessage() throws Exception {
        try (ZooModel<TextRequest, String> model = TinyModel.load(TextRequest.class, String.class);
                Predictor<TextRequest, String> predictor = model.newPredictor()) {
            LanguageModel own = TinyModel.inside(model);
            OpenResources open = OpenResources.of(own);
            TextRequest tooLong =
                    new TextRequest("one ".repeat(own.contextLength()), TinyModel.SHORT);
            TextRequest good = new TextRequest("one", TinyModel.SHORT);
            TranslateException e =
                    assertThrows(
                            TranslateException.class,
                            () -> predictor.batchPredict(List.of(good, tooLong)));
            assertInstanceOf(ContextLengthException.class, e.getCause());
            assertEquals(e.getCause().getMessage(), e.getMessage());
            open.assertUnchanged();
            assertEquals(own.generate("one", TinyModel.SHORT).text(), predictor.predict(good));
        }
    }

    @Test
    void aClosedModelSaysSo() throws Exception {
        ZooModel<String, String> model = TinyModel.load(String.class, String.class);
        Predictor<String, String> predictor = model.newPredictor();
        ZooModel<String, TokenStream> other = TinyModel.load(String.class, TokenStream.class);
        TokenStream stream = other.newPredictor().predict("one");
        assertTrue(stream.hasNext());
        model.close();
        other.close();
        TranslateException e =
                assertThrows(TranslateException.class, () -> predictor.predict("one"));
        assertInstanceOf(IllegalStateException.class, e.getCause()); // DJL's own, of its predictor
        assertThrows(ModelClosedException.class, stream::result);
        assertEquals(List.of(), ProcessMemory.mappings(TinyModel.PATH));
    }

    @Test
    void closingTheModelEndsPredictionsThatRunOrWait() throws Exception {
        GenerationOptions endless =
                GenerationOptions.builder().maxNewTokens(100_000).ignoreEos(true).build();
        ZooModel<TextRequest, String> model = TinyModel.load(TextRequest.class, String.class);
        Predictor<TextRequest, String> predictor = model.newPredictor();
        ExecutorService service = Executors.newFixedThreadPool(4);
        List<Future<String>> predictions = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            predictions.add(
                    service.submit(
                            () -> {
                                while (true) {
                                    predictor.predict(new TextRequest("one", endless));
                                }
                            }));
        }
        service.shutdown();
        Thread.sleep(300);
        model.close();
        for (Future<String> prediction : predictions) {
            Exception e = assertThrows(Exception.class, prediction::get);
            assertInstanceOf(TranslateException.class, e.getCause());
            assertInstanceOf(ModelClosedException.class, e.getCause().getCause());
        }
        assertEquals(List.of(), ProcessMemory.mappings(TinyModel.PATH));
    }

    @Test
    void anInterruptEndsAPrediction() throws Exception {
        try (ZooModel<String, String> model = TinyModel.load(String.class, String.class);
                Predictor<String, String> predictor = model.newPredictor()) {
            OpenResources open = OpenResources.of(TinyModel.inside(model));
            Thread.currentThread().interrupt();
            TranslateException e =
                    assertThrows(TranslateException.class, () -> predictor.predict("one"));
            assertTrue(Thread.interrupted());
            assertEquals("The prediction was interrupted.", e.getMessage());
            assertEquals(predictor.predict("two"), predictor.predict("two"));
            open.assertUnchanged();
        }
    }

    @Test
    void streamsClosedEarlyLeaveNothing() throws Exception {
        try (ZooModel<String, TokenStream> model = TinyModel.load(String.class, TokenStream.class);
                Predictor<String, TokenStream> predictor = model.newPredictor()) {
            OpenResources open = OpenResources.of(TinyModel.inside(model));
            for (int i = 0; i < 20; i++) {
                try (TokenStream stream = predictor.predict("one");
                        TokenStream other =
                                predictor.streamingPredict("two").getIterativeOutput()) {
                    assertTrue(stream.hasNext());
                    assertTrue(other.hasNext());
                }
            }
            open.assertUnchanged();
        }
    }

    @Test
    void forgottenStreamsLeaveNothing() throws Exception {
        try (ZooModel<String, TokenStream> model = TinyModel.load(String.class, TokenStream.class);
                Predictor<String, TokenStream> predictor = model.newPredictor()) {
            LanguageModel own = TinyModel.inside(model);
            int arrays = OpenResources.manager(own).getManagedArrays().size();
            for (int i = 0; i < 20; i++) {
                assertTrue(predictor.predict("one").hasNext());
                assertTrue(predictor.streamingPredict("two").getIterativeOutput().hasNext());
                predictor.streamingPredict("three"); // whose output nobody takes
            }
            assertTrue(OpenResources.manager(own).getManagedArrays().size() > arrays);
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (OpenResources.manager(own).getManagedArrays().size() > arrays
                    && System.nanoTime() < end) {
                System.gc();
                Thread.sleep(50);
            }
            assertEquals(arrays, OpenResources.manager(own).getManagedArrays().size());
        }
    }

    /** The way of a translator that works with arrays. */
    @Test
    void theBlockStreamsIds() throws Exception {
        try (ZooModel<NDList, NDList> model =
                        TinyModel.criteria(NDList.class, NDList.class)
                                .optTranslator(new NoopTranslator())
                                .build()
                                .loadModel();
                NDManager manager = model.getNDManager().newSubManager()) {
            GenerativeBlock block = (GenerativeBlock) model.getBlock();
            LanguageModel own = block.model();
            ParameterStore store = new ParameterStore(manager, false);
            long[] prompt = IntStream.of(own.encode("one two")).mapToLong(i -> i).toArray();
            PairList<String, Object> options = new PairList<>();
            options.add(GenerativeBlock.OPTIONS, TinyModel.SHORT);
            OpenResources open = OpenResources.of(own);
            try (NDArray ids = manager.create(prompt);
                    Stream<NDList> stream =
                            block.forwardStream(store, new NDList(ids), false, options)) {
                int[] generated =
                        stream.mapToInt(list -> (int) list.singletonOrThrow().getLong(0)).toArray();
                int[] direct;
                try (TokenStream tokens = own.stream("one two", TinyModel.SHORT)) {
                    direct = tokens.result().ids();
                }
                assertEquals(
                        IntStream.of(direct).boxed().toList(),
                        IntStream.of(generated).boxed().toList());
            }
            try (NDArray ids = manager.create(prompt).reshape(2, -1)) {
                assertThrows(
                        IllegalArgumentException.class,
                        () -> block.forwardStream(store, new NDList(ids), false));
            }
            assertEquals(0, block.forwardStream(store, new NDList(), false).count());
            open.assertUnchanged();
        }
    }

    @Test
    void translatorsOfOtherBlocksAreRefused() throws Exception {
        try (ZooModel<String, String> model = TinyModel.load(String.class, String.class)) {
            GenerativeBlock block = (GenerativeBlock) model.getBlock();
            model.setBlock(block.model().block());
            try (Predictor<String, String> predictor = model.newPredictor()) {
                TranslateException e =
                        assertThrows(TranslateException.class, () -> predictor.predict("one"));
                assertTrue(e.getMessage().contains("CausalLanguageModel"), e::getMessage);
            }
            assertSame(block, GenerativeBlock.of(block));
        }
    }
}
