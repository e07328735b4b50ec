package io.github.lapidary.generation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lapidary.LanguageModel;
import io.github.lapidary.LoadOptions;
import io.github.lapidary.OpenResources;
import io.github.lapidary.Tiny;
import io.github.lapidary.kernel.format.WeightFormat;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Generations that end early, for whatever reason: how they end, and that they leave nothing. */
@Timeout(60)
class InterruptedGenerationTest {

    private static LanguageModel model;
    private static OpenResources open;

    @BeforeAll
    static void load() throws Exception {
        model =
                LanguageModel.load(
                        Tiny.path("gemma2"),
                        LoadOptions.defaults().withFormat(WeightFormat.FLOAT32));
        open = OpenResources.of(model);
    }

    @AfterEach
    void nothingIsLeftOpen() {
        open.assertUnchanged();
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static GenerationOptions options(int tokens) {
        return GenerationOptions.builder().maxNewTokens(tokens).ignoreEos(true).build();
    }

    private static GenerationResult generate(GenerationRequest request) {
        return model.generate(List.of(request)).get(0);
    }

    /** Runs something at the third token. */
    private static GenerationListener atThirdToken(Runnable action) {
        return new Recorder() {
            @Override
            public void onToken(GeneratedToken token) {
                super.onToken(token);
                if (tokens.size() == 3) {
                    action.run();
                }
            }
        };
    }

    private static void assertBeginning(GenerationResult result, int tokens) {
        int[] ids = generate(new GenerationRequest(Tiny.prompt(5), options(10))).ids();
        assertArrayEquals(Arrays.copyOf(ids, tokens), result.ids());
    }

    @Test
    void cancelledBeforeItsStartItWritesNothing() {
        Cancellation cancellation = new Cancellation();
        cancellation.cancel();
        Recorder recorder = new Recorder();
        GenerationResult result =
                generate(
                        new GenerationRequest(Tiny.prompt(5), options(10), recorder, cancellation));
        assertEquals(FinishReason.CANCELLED, result.finishReason());
        assertEquals(0, result.completionTokens());
        assertEquals(List.of(), recorder.prefill);
        assertEquals(List.of(result), recorder.results);
    }

    @Test
    void aListenerCancels() {
        Cancellation cancellation = new Cancellation();
        GenerationResult result =
                generate(
                        new GenerationRequest(
                                Tiny.prompt(5),
                                options(10),
                                atThirdToken(cancellation::cancel),
                                cancellation));
        assertEquals(FinishReason.CANCELLED, result.finishReason());
        assertBeginning(result, 3);
    }

    @Test
    void cancelledWhileItReadsThePromptItStopsReading() {
        Cancellation cancellation = new Cancellation();
        Recorder recorder =
                new Recorder() {
                    @Override
                    public void onPrefill(int tokensRead, int promptTokens) {
                        super.onPrefill(tokensRead, promptTokens);
                        cancellation.cancel();
                    }
                };
        GenerationResult result =
                generate(
                        new GenerationRequest(
                                Tiny.prompt(1100), options(10), recorder, cancellation));
        assertEquals(FinishReason.CANCELLED, result.finishReason());
        assertEquals(0, result.completionTokens());
        assertEquals(List.of(List.of(512, 1100)), recorder.prefill);
    }

    @Test
    void anotherThreadCancels() throws Exception {
        Cancellation cancellation = new Cancellation();
        Thread other = new Thread(cancellation::cancel);
        GenerationResult result =
                generate(
                        new GenerationRequest(
                                Tiny.prompt(5),
                                options(8000),
                                atThirdToken(other::start),
                                cancellation));
        other.join();
        assertEquals(FinishReason.CANCELLED, result.finishReason());
        assertTrue(result.completionTokens() >= 3 && result.completionTokens() < 8000);
    }

    @Test
    void oneIsCancelledAndItsCompanyGoesOn() {
        Cancellation cancellation = new Cancellation();
        GenerationRequest other = new GenerationRequest(Tiny.prompt(7), options(20));
        List<GenerationResult> results =
                model.generate(
                        List.of(
                                new GenerationRequest(
                                        Tiny.prompt(5),
                                        options(10),
                                        atThirdToken(cancellation::cancel),
                                        cancellation),
                                other));
        assertEquals(FinishReason.CANCELLED, results.get(0).finishReason());
        assertBeginning(results.get(0), 3);
        assertEquals(FinishReason.LENGTH, results.get(1).finishReason());
        assertArrayEquals(generate(other).ids(), results.get(1).ids());
    }

    @Test
    void heldBackTextComesWithTheEnd() {
        Cancellation cancellation = new Cancellation();
        GenerationOptions all = options(10);
        String text = generate(new GenerationRequest(Tiny.prompt(5), options(3))).text();
        GenerationOptions holding =
                GenerationOptions.builder()
                        .maxNewTokens(10)
                        .ignoreEos(all.ignoreEos())
                        .stopStrings(text + "\u0000")
                        .build();
        GenerationResult result =
                generate(
                        new GenerationRequest(
                                Tiny.prompt(5),
                                holding,
                                atThirdToken(cancellation::cancel),
                                cancellation));
        assertEquals(text, result.text());
    }

    @Test
    void anInterruptCancelsAndStaysVisible() {
        GenerationResult result =
                generate(
                        new GenerationRequest(
                                Tiny.prompt(5),
                                options(10),
                                atThirdToken(Thread.currentThread()::interrupt),
                                new Cancellation()));
        assertTrue(Thread.interrupted());
        assertEquals(FinishReason.CANCELLED, result.finishReason());
        assertBeginning(result, 3);
    }

    @Test
    void theDeadlineEndsTheText() {
        GenerationOptions.Builder options =
                GenerationOptions.builder().maxNewTokens(8000).ignoreEos(true);
        GenerationResult late =
                generate(
                        new GenerationRequest(
                                Tiny.prompt(5), options.deadline(Duration.ofMillis(60)).build()));
        assertEquals(FinishReason.DEADLINE, late.finishReason());
        assertTrue(late.completionTokens() < 8000);
        GenerationResult tooLate =
                generate(
                        new GenerationRequest(
                                Tiny.prompt(5), options.deadline(Duration.ofNanos(1)).build()));
        assertEquals(FinishReason.DEADLINE, tooLate.finishReason());
        assertEquals(0, tooLate.completionTokens());
    }

    private enum Event {
        PREFILL,
        TOKEN,
        TEXT,
        FINISH
    }

    /** Fails at one kind of event. */
    private record Failing(Event event, RuntimeException failure) implements GenerationListener {

        private void hear(Event heard) {
            if (heard == event) {
                throw failure;
            }
        }

        @Override
        public void onPrefill(int tokensRead, int promptTokens) {
            hear(Event.PREFILL);
        }

        @Override
        public void onToken(GeneratedToken token) {
            hear(Event.TOKEN);
        }

        @Override
        public void onText(String text) {
            hear(Event.TEXT);
        }

        @Override
        public void onFinish(GenerationResult result) {
            hear(Event.FINISH);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aListenerThatFailsEndsTheGeneration(Event event) {
        RuntimeException failure = new RuntimeException("the listener's");
        for (int length : new int[] {5, 8192}) { // the second has room for the end only
            if (length == 8192 && event != Event.FINISH) {
                continue;
            }
            GenerationRequest request =
                    new GenerationRequest(
                            Tiny.prompt(length),
                            options(10),
                            new Failing(event, failure),
                            new Cancellation());
            GenerationRequest other = new GenerationRequest(Tiny.prompt(7), options(20));
            assertSame(
                    failure,
                    assertThrows(
                            RuntimeException.class, () -> model.generate(List.of(other, request))));
            open.assertUnchanged();
            TokenStream stream = model.stream(request); // never closed
            assertSame(failure, assertThrows(RuntimeException.class, stream::result));
            open.assertUnchanged();
            while (stream.hasNext()) {
                stream.next();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void theCompanyOfAListenerThatFailsGoesOn(Event event) {
        RuntimeException first = new RuntimeException("the first listener's");
        RuntimeException second = new RuntimeException("the second listener's");
        Recorder recorder = new Recorder();
        GenerationRequest other =
                new GenerationRequest(Tiny.prompt(7), options(20), recorder, new Cancellation());
        RuntimeException thrown =
                assertThrows(
                        RuntimeException.class,
                        () ->
                                model.generate(
                                        List.of(
                                                failing(new Failing(event, first)),
                                                other,
                                                failing(new Failing(Event.FINISH, second)),
                                                failing(new Failing(Event.FINISH, first)))));
        assertSame(first, thrown);
        assertArrayEquals(new Throwable[] {second}, thrown.getSuppressed());
        GenerationResult result = recorder.results.get(0);
        assertEquals(FinishReason.LENGTH, result.finishReason());
        assertArrayEquals(
                generate(new GenerationRequest(Tiny.prompt(7), options(20))).ids(), result.ids());
    }

    private static GenerationRequest failing(Failing listener) {
        return new GenerationRequest(Tiny.prompt(5), options(10), listener, new Cancellation());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5})
    void aStreamThatIsClosedEarlyEnds(int tokens) {
        TokenStream stream = model.stream(new GenerationRequest(Tiny.prompt(5), options(10)));
        for (int i = 0; i < tokens; i++) {
            stream.next();
        }
        stream.close();
        open.assertUnchanged();
        assertFalse(stream.hasNext());
        assertThrows(NoSuchElementException.class, stream::next);
        assertEquals(
                "The stream was closed before its end.",
                assertThrows(IllegalStateException.class, stream::result).getMessage());
        stream.close();
    }

    @Test
    void aStreamThatEndedHoldsNothing() {
        TokenStream stream = model.stream(new GenerationRequest(Tiny.prompt(5), options(10)));
        GenerationResult result = stream.result();
        open.assertUnchanged();
        stream.close();
        assertSame(result, stream.result());
    }

    @Test
    void aBrokenRequestFreesThoseBeforeIt() {
        GenerationRequest good = new GenerationRequest(Tiny.prompt(5), options(10));
        GenerationRequest bad = new GenerationRequest(new int[] {2, 640}, options(10));
        assertThrows(
                IllegalArgumentException.class, () -> model.generate(List.of(good, good, bad)));
    }
}
