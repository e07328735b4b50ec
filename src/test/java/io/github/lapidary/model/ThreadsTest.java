package io.github.lapidary.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import io.github.lapidary.Tiny;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.kernel.ModelClosedException;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.state.DecodingState;
import io.github.lapidary.training.NextTokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One model in many threads. */
@Timeout(120)
class ThreadsTest {

    private static final int THREADS = 4;

    /** Runs each task in a thread of its own, which counts down as it starts. */
    private static <T> List<Future<T>> start(List<Callable<T>> tasks, CountDownLatch running) {
        ExecutorService service = Executors.newFixedThreadPool(tasks.size());
        List<Future<T>> results = new ArrayList<>();
        for (Callable<T> task : tasks) {
            results.add(
                    service.submit(
                            () -> {
                                running.countDown();
                                return task.call();
                            }));
        }
        service.shutdown();
        return results;
    }

    private static long[] generate(CausalLanguageModel model, int length) {
        try (NDManager own = NDManager.newBaseManager()) {
            Decoding decoding = new Decoding(model, own);
            try (DecodingState state = decoding.start()) {
                return decoding.greedy(state, decoding.feed(state, Tiny.ids(length)), 20);
            }
        }
    }

    private static float[] forward(CausalLanguageModel model, int length) {
        try (NDManager own = NDManager.newBaseManager()) {
            NDArray ids = own.create(Tiny.ids(length), new Shape(1, length));
            ParameterStore store = new ParameterStore(own, false);
            return model.forward(store, new NDList(ids), false).head().toFloatArray();
        }
    }

    @ParameterizedTest
    @EnumSource(WeightFormat.class)
    void threadsDoNotDisturbEachOther(WeightFormat format) throws Exception {
        try (NDManager manager = NDManager.newBaseManager()) {
            CausalLanguageModel model = Tiny.load("gemma2", manager, format);
            List<long[]> texts = new ArrayList<>();
            List<float[]> logits = new ArrayList<>();
            List<Callable<long[]>> generations = new ArrayList<>();
            List<Callable<float[]>> passes = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                int length = 5 + 30 * i;
                texts.add(generate(model, length));
                logits.add(forward(model, length));
                generations.add(() -> generate(model, length));
                passes.add(() -> forward(model, length));
            }
            for (int round = 0; round < 3; round++) {
                CountDownLatch running = new CountDownLatch(2 * THREADS);
                List<Future<long[]>> ids = start(generations, running);
                List<Future<float[]>> numbers = start(passes, running);
                for (int i = 0; i < THREADS; i++) {
                    assertArrayEquals(texts.get(i), ids.get(i).get());
                    assertArrayEquals(logits.get(i), numbers.get(i).get());
                }
            }
        }
    }

    /** Engine calls for training find their arguments by names, which sit on shared arrays. */
    @Test
    void trainingAndInferenceDoNotDisturbEachOther() throws Exception {
        try (NDManager manager = NDManager.newBaseManager()) {
            CausalLanguageModel model = Tiny.load("gemma2", manager);
            model.freezeParameters(false);
            long[] text = generate(model, 30);
            List<Callable<float[]>> trainings = new ArrayList<>();
            List<Callable<long[]>> generations = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                trainings.add(() -> train(model));
                generations.add(() -> generate(model, 30));
            }
            CountDownLatch running = new CountDownLatch(2 * THREADS);
            List<Future<float[]>> numbers = start(trainings, running);
            List<Future<long[]>> ids = start(generations, running);
            float[] logits = numbers.get(0).get();
            for (int i = 0; i < THREADS; i++) {
                assertArrayEquals(logits, numbers.get(i).get());
                assertArrayEquals(text, ids.get(i).get());
            }
            assertArrayEquals(logits, train(model));
            assertEquals(
                    List.of("weight"),
                    model.parametersByPath().values().stream()
                            .map(parameter -> parameter.getArray().getName())
                            .distinct()
                            .toList());
        }
    }

    /** The first training frees what generations multiply with, whatever they are about. */
    @RepeatedTest(20)
    void theFirstTrainingDisturbsNoGeneration() throws Exception {
        try (NDManager manager = NDManager.newBaseManager()) {
            CausalLanguageModel model = Tiny.load("gemma2", manager);
            model.freezeParameters(false);
            List<Callable<long[]>> generations = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                generations.add(() -> generate(model, 30));
            }
            CountDownLatch running = new CountDownLatch(THREADS);
            List<Future<long[]>> ids = start(generations, running);
            running.await();
            train(model);
            long[] text = generate(model, 30);
            for (Future<long[]> each : ids) {
                assertArrayEquals(text, each.get());
            }
        }
    }

    /** Copies of weights are brought up to date by calls that name the weights, too. */
    @Test
    void lossesInThreadsDoNotDisturbEachOther() throws Exception {
        try (NDManager manager = NDManager.newBaseManager()) {
            CausalLanguageModel model = Tiny.load("gemma2", manager);
            model.setTraining(TrainingOptions.defaults().withFormat(TrainingFormat.MIXED));
            List<Callable<Double>> losses = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                losses.add(() -> loss(model));
            }
            double expected = loss(model);
            for (Future<Double> each : start(losses, new CountDownLatch(THREADS))) {
                assertEquals(expected, each.get());
            }
        }
    }

    private static double loss(CausalLanguageModel model) {
        double loss = 0;
        for (int round = 0; round < 50; round++) {
            try (NDManager own = NDManager.newBaseManager()) {
                NDArray ids = own.create(Tiny.ids(7), new Shape(1, 7));
                loss = model.loss(new NDList(ids), NextTokens.labels(ids)).mean();
            }
        }
        return loss;
    }

    private static float[] train(CausalLanguageModel model) {
        float[] logits = new float[0];
        for (int round = 0; round < 20; round++) {
            try (NDManager own = NDManager.newBaseManager()) {
                NDArray ids = own.create(Tiny.ids(7), new Shape(1, 7));
                ParameterStore store = new ParameterStore(own, false);
                float[] next = model.forward(store, new NDList(ids), true).head().toFloatArray();
                assertTrue(round == 0 || Arrays.equals(logits, next));
                logits = next;
            }
        }
        return logits;
    }

    /** What they hold is freed, though they end at any point. */
    @RepeatedTest(10)
    void closingEndsGenerationsWithANamedError() throws Exception {
        try (NDManager manager = NDManager.newBaseManager();
                NDManager threads = NDManager.newBaseManager()) {
            CausalLanguageModel model = Tiny.load("gemma2_bf16", manager, WeightFormat.BFLOAT16);
            KernelModule kernels = model.link(manager);
            Callable<Void> endless =
                    () -> {
                        Decoding decoding = new Decoding(model, threads);
                        ParameterStore store = new ParameterStore(threads, false);
                        try (NDArray ids = threads.ones(new Shape(2, 9), DataType.INT64)) {
                            while (true) {
                                model.forward(store, new NDList(ids), false).close();
                                try (DecodingState state = decoding.start()) {
                                    decoding.feedInChunks(state, Tiny.ids(20), 3);
                                }
                            }
                        }
                    };
            CountDownLatch running = new CountDownLatch(THREADS);
            List<Callable<Void>> tasks = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                tasks.add(endless);
            }
            List<Future<Void>> generations = start(tasks, running);
            assertTrue(running.await(10, TimeUnit.SECONDS));
            Thread.sleep(15);
            model.closeKernels();
            for (Future<Void> generation : generations) {
                assertInstanceOf(
                        ModelClosedException.class,
                        assertThrows(ExecutionException.class, generation::get).getCause());
            }
            assertEquals(List.of(), threads.getManagedArrays());
            assertEquals(0, kernels.openHandles());
        }
    }
}
