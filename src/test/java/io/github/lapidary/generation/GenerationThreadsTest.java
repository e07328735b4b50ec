package io.github.lapidary.generation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lapidary.LanguageModel;
import io.github.lapidary.LoadOptions;
import io.github.lapidary.ProcessMemory;
import io.github.lapidary.Tiny;
import io.github.lapidary.kernel.ModelClosedException;
import io.github.lapidary.kernel.format.WeightFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Generations in several threads, and a model that is closed under them. */
@Timeout(60)
class GenerationThreadsTest {

    private static LanguageModel load() throws Exception {
        return LanguageModel.load(
                Tiny.path("gemma2_bf16"), LoadOptions.defaults().withFormat(WeightFormat.BFLOAT16));
    }

    private static GenerationRequest request(int length, int tokens) {
        return new GenerationRequest(
                Tiny.prompt(length),
                GenerationOptions.builder().maxNewTokens(tokens).ignoreEos(true).build());
    }

    private static <T> List<Future<T>> start(List<Callable<T>> tasks) {
        ExecutorService service = Executors.newFixedThreadPool(tasks.size());
        List<Future<T>> futures = new ArrayList<>();
        tasks.forEach(task -> futures.add(service.submit(task)));
        service.shutdown();
        return futures;
    }

    @Test
    void generationsAtOnceGiveWhatTheyGiveAlone() throws Exception {
        try (LanguageModel model = load()) {
            List<int[]> alone = new ArrayList<>();
            List<Callable<int[]>> tasks = new ArrayList<>();
            for (int length : new int[] {5, 40, 600}) {
                GenerationRequest request = request(length, 30);
                Callable<int[]> task = () -> model.generate(List.of(request)).get(0).ids();
                alone.add(task.call());
                tasks.add(task);
            }
            for (int round = 0; round < 5; round++) {
                List<Future<int[]>> together = start(tasks);
                for (int i = 0; i < tasks.size(); i++) {
                    assertArrayEquals(alone.get(i), together.get(i).get());
                }
            }
        }
    }

    @RepeatedTest(20)
    void closingTheModelEndsWhatRunsWithANamedError(RepetitionInfo repetition) throws Exception {
        LanguageModel model = load();
        GenerationOptions few = GenerationOptions.builder().maxNewTokens(5).build();
        CountDownLatch running = new CountDownLatch(4);
        List<Callable<Void>> tasks =
                List.of(
                        () -> forever(running, () -> model.generate(List.of(request(30, 20)))),
                        () -> forever(running, () -> model.generate("a b c", few)),
                        () ->
                                forever(
                                        running,
                                        () -> {
                                            try (TokenStream stream =
                                                    model.stream(request(90, 9))) {
                                                return stream.result();
                                            }
                                        }),
                        () -> forever(running, () -> model.score("some words to score")));
        List<Future<Void>> futures = start(tasks);
        assertTrue(running.await(30, TimeUnit.SECONDS));
        Thread.sleep(repetition.getCurrentRepetition());
        model.close();
        for (Future<Void> future : futures) {
            assertInstanceOf(
                    ModelClosedException.class,
                    assertThrows(ExecutionException.class, future::get).getCause());
        }
        assertEquals(List.of(), ProcessMemory.mappings(Tiny.path("gemma2_bf16")));
    }

    private static Void forever(CountDownLatch running, Callable<?> task) throws Exception {
        task.call();
        running.countDown();
        while (true) {
            task.call();
        }
    }

    /** Closes a model at each kind of event. */
    private static final class Closing implements GenerationListener {

        private final LanguageModel model;
        private final String event;

        Closing(LanguageModel model, String event) {
            this.model = model;
            this.event = event;
        }

        private void closeAt(String heard) {
            if (heard.equals(event)) {
                model.close();
            }
        }

        @Override
        public void onPrefill(int tokensRead, int promptTokens) {
            closeAt("prefill");
        }

        @Override
        public void onToken(GeneratedToken token) {
            closeAt("token");
        }

        @Override
        public void onFinish(GenerationResult result) {
            closeAt("finish");
        }
    }

    @Test
    void aListenerMayCloseTheModel() throws Exception {
        for (String event : List.of("prefill", "token", "finish")) {
            LanguageModel model = load();
            GenerationRequest plain = request(5, 10);
            GenerationRequest closing =
                    new GenerationRequest(
                            plain.prompt(),
                            plain.options(),
                            new Closing(model, event),
                            new Cancellation());
            if (event.equals("finish")) {
                GenerationResult result = model.generate(List.of(closing)).get(0);
                assertEquals(10, result.completionTokens());
            } else {
                assertThrows(ModelClosedException.class, () -> model.generate(List.of(closing)));
            }
            assertThrows(ModelClosedException.class, () -> model.generate("a"));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aScoreListenerMayCloseTheModel(boolean atLogits) throws Exception {
        LanguageModel model = load();
        ScoreListener closing =
                new ScoreListener() {
                    @Override
                    public boolean wantsLogits() {
                        return atLogits;
                    }

                    @Override
                    public void onLogits(int index, float[] logits) {
                        model.close();
                    }

                    @Override
                    public void onProgress(int done, int total) {
                        model.close();
                    }
                };
        assertThrows(
                ModelClosedException.class,
                () -> model.score(Tiny.prompt(700), ScoreOptions.defaults(), closing));
    }
}
