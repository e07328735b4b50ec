package io.github.lapidary.generation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lapidary.Golden;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.LoadOptions;
import io.github.lapidary.Tiny;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.text.StreamingDecoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is generated: against the references, in company, as a stream, to its end. */
@Timeout(120)
class GeneratorTest {

    private static final LoadOptions EXACT =
            LoadOptions.defaults().withFormat(WeightFormat.FLOAT32);

    private static LanguageModel model;

    @TempDir private Path folder;

    @BeforeAll
    static void load() throws Exception {
        model = LanguageModel.load(Tiny.path("gemma2"), EXACT);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static GenerationOptions.Builder options(int tokens) {
        return GenerationOptions.builder().maxNewTokens(tokens).ignoreEos(true);
    }

    private static GenerationResult generate(int[] prompt, GenerationOptions options) {
        return model.generate(List.of(new GenerationRequest(prompt, options))).get(0);
    }

    private static int[] ints(long[] ids) {
        return Arrays.stream(ids).mapToInt(Math::toIntExact).toArray();
    }

    /** The models know more tokens than their tokenizers, and some references hold such ones. */
    private static String decode(int[] ids) {
        int size = model.tokenizer().size();
        return model.tokenizer().decode(Arrays.stream(ids).filter(id -> id < size).toArray(), true);
    }

    /** Without the bytes of a last character that is unfinished. */
    private static String decodeCharacters(int[] ids) {
        StreamingDecoder decoder = model.tokenizer().streamingDecoder(true);
        String text =
                Arrays.stream(ids)
                        .filter(decoder::knows)
                        .mapToObj(decoder::add)
                        .collect(Collectors.joining());
        return text + decoder.finishWithCharacter();
    }

    private static void assertSame(GenerationResult expected, GenerationResult actual) {
        assertArrayEquals(expected.ids(), actual.ids());
        assertEquals(expected.text(), actual.text());
        assertEquals(expected.finishReason(), actual.finishReason());
        assertEquals(expected.promptTokens(), actual.promptTokens());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gemma1_mha",
                "gemma1_mqa",
                "gemma2",
                "gemma2_bf16",
                "gemma3_mqa",
                "gemma3_ropescale",
                "gemma3_multimodal_layout",
                "recurrentgemma",
                "recurrentgemma_bf16",
                "glam",
                "glam_alt"
            })
    void greedyTokensAreTheReferences(String name) throws Exception {
        try (LanguageModel checkpoint = LanguageModel.load(Tiny.path(name), EXACT);
                Golden golden = Tiny.golden(name)) {
            List<GenerationRequest> requests = new ArrayList<>();
            for (String prompt : List.of("p0", "p1", "p2")) {
                int[] ids = ints(golden.longs(prompt + ".input_ids"));
                requests.add(new GenerationRequest(ids, options(24).build()));
            }
            List<GenerationResult> together = checkpoint.generate(requests);
            for (int i = 0; i < 3; i++) {
                int[] expected = ints(golden.longs("p" + i + ".greedy"));
                assertArrayEquals(
                        expected, checkpoint.generate(requests.subList(i, i + 1)).get(0).ids());
                assertArrayEquals(expected, together.get(i).ids());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemma2", "recurrentgemma", "recurrentgemma_bf16"})
    void eachPromptGivesInCompanyWhatItGivesAlone(String name) throws Exception {
        List<GenerationRequest> requests = new ArrayList<>();
        int[] lengths = {1, 7, 40, 3, 600, 12};
        for (int i = 0; i < lengths.length; i++) {
            GenerationOptions.Builder options = options(10 + 5 * i);
            if (i % 2 == 1) {
                options.temperature(1.5).topK(50).seed(i).topLogprobs(2);
            }
            if (i == 3) {
                options.repetitionPenalty(1.3).ignoreEos(false);
            }
            requests.add(new GenerationRequest(Tiny.prompt(lengths[i]), options.build()));
        }
        try (LanguageModel each = LanguageModel.load(Tiny.path(name), EXACT)) {
            List<GenerationResult> together = each.generate(requests);
            for (int i = 0; i < lengths.length; i++) {
                assertSame(each.generate(requests.subList(i, i + 1)).get(0), together.get(i));
            }
        }
    }

    @Test
    void aSeedRepeatsAText() {
        GenerationOptions.Builder options = options(30).temperature(1.5);
        GenerationResult first = generate(Tiny.prompt(9), options.seed(4).build());
        assertSame(first, generate(Tiny.prompt(9), options.seed(4).build()));
        GenerationResult other = generate(Tiny.prompt(9), options.seed(5).build());
        assertNotEquals(first.text(), other.text());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6})
    void streamedTextIsTheTextOfTheTokens(int seed) {
        GenerationOptions options = options(60).temperature(1.5).seed(seed).build();
        Recorder recorder = new Recorder();
        GenerationRequest request =
                new GenerationRequest(Tiny.prompt(5), options, recorder, new Cancellation());
        List<GeneratedToken> tokens = new ArrayList<>();
        GenerationResult result;
        try (TokenStream stream = model.stream(request)) {
            stream.forEachRemaining(tokens::add);
            result = stream.result();
        }
        assertSame(generate(Tiny.prompt(5), options), result);
        assertEquals(decodeCharacters(result.ids()), result.text());
        assertEquals(result.text(), String.join("", recorder.texts));
        assertEquals(
                result.text(),
                tokens.stream().map(GeneratedToken::text).collect(Collectors.joining()));
        assertEquals(result.tokens(), tokens);
        assertEquals(tokens, recorder.tokens);
        assertEquals(List.of(result), recorder.results);
        assertEquals(60, result.completionTokens());
        assertEquals(FinishReason.LENGTH, result.finishReason());
    }

    /** A stream and a listener get all, and only counts are left. */
    @Test
    void textsMayBeForgottenOnceTheyAreHandedOut() {
        GenerationOptions.Builder options = options(30).temperature(1.5).seed(3);
        GenerationResult whole = generate(Tiny.prompt(5), options.build());
        GenerationOptions forgetting = options.keepTokens(false).build();
        Recorder recorder = new Recorder();
        GenerationRequest request =
                new GenerationRequest(Tiny.prompt(5), forgetting, recorder, new Cancellation());
        try (TokenStream stream = model.stream(request)) {
            assertEquals(whole.tokens(), rest(stream));
            assertForgotten(whole, stream.result());
        }
        assertEquals(whole.tokens(), recorder.tokens);
        assertEquals(whole.text(), String.join("", recorder.texts));
        assertForgotten(whole, recorder.results.get(0));
        assertForgotten(whole, generate(Tiny.prompt(5), forgetting));
        try (TokenStream stream = model.stream(request)) {
            assertEquals(whole.tokens().get(0), stream.next());
            assertTrue(stream.hasNext());
            assertTrue(stream.hasNext());
            assertEquals(whole.tokens().get(1), stream.next());
            assertForgotten(whole, stream.result());
            assertEquals(whole.tokens().subList(29, 30), rest(stream));
        }
    }

    private static List<GeneratedToken> rest(TokenStream stream) {
        List<GeneratedToken> tokens = new ArrayList<>();
        stream.forEachRemaining(tokens::add);
        return tokens;
    }

    private static void assertForgotten(GenerationResult whole, GenerationResult result) {
        assertEquals(List.of(), result.tokens());
        assertEquals("", result.text());
        assertEquals(whole.completionTokens(), result.completionTokens());
        assertEquals(whole.finishReason(), result.finishReason());
    }

    @Test
    void aStopTokenEndsTheTextAndIsNoPartOfIt() {
        GenerationResult whole = generate(Tiny.prompt(9), options(20).build());
        int stop = whole.ids()[6];
        int first = Arrays.stream(whole.ids()).boxed().toList().indexOf(stop);
        GenerationResult ended =
                generate(Tiny.prompt(9), options(20).stopIds(List.of(stop)).build());
        assertEquals(FinishReason.STOP, ended.finishReason());
        assertArrayEquals(Arrays.copyOf(whole.ids(), first + 1), ended.ids());
        assertEquals(decode(Arrays.copyOf(whole.ids(), first)), ended.text());
    }

    @Test
    void theModelsOwnEndTokenEndsTheText() throws Exception {
        int[] written = generate(Tiny.prompt(9), options(20).build()).ids();
        Path changed =
                Tiny.copy(
                        "gemma2",
                        folder.resolve("model"),
                        config -> config.addProperty("eos_token_id", written[4]));
        Files.delete(changed.resolve("generation_config.json"));
        GenerationRequest request =
                new GenerationRequest(
                        Tiny.prompt(9), GenerationOptions.builder().maxNewTokens(20).build());
        try (LanguageModel ending = LanguageModel.load(changed, EXACT)) {
            GenerationResult result = ending.generate(List.of(request)).get(0);
            assertEquals(FinishReason.STOP, result.finishReason());
            int first = Arrays.stream(written).boxed().toList().indexOf(written[4]);
            assertArrayEquals(Arrays.copyOf(written, first + 1), result.ids());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aStopStringAcrossTokensEndsTheText(boolean included) {
        GenerationOptions.Builder options = options(40).temperature(1.5).seed(3);
        GenerationResult whole = generate(Tiny.prompt(5), options.build());
        String stop = acrossTokens(whole);
        Recorder recorder = new Recorder();
        GenerationRequest request =
                new GenerationRequest(
                        Tiny.prompt(5),
                        options.stopStrings("no such text", stop)
                                .includeStopString(included)
                                .build(),
                        recorder,
                        new Cancellation());
        GenerationResult ended = model.generate(List.of(request)).get(0);
        int end = whole.text().indexOf(stop) + (included ? stop.length() : 0);
        assertEquals(whole.text().substring(0, end), ended.text());
        assertEquals(ended.text(), String.join("", recorder.texts));
        assertEquals(FinishReason.STOP, ended.finishReason());
        assertTrue(ended.completionTokens() < 40);
        assertArrayEquals(Arrays.copyOf(whole.ids(), ended.completionTokens()), ended.ids());
    }

    /** Returns the last character of a token's text with the first of the next one's. */
    private static String acrossTokens(GenerationResult result) {
        for (int i = 10; i + 1 < result.completionTokens(); i++) {
            String before = result.tokens().get(i).text();
            String after = result.tokens().get(i + 1).text();
            String across = before + after;
            if (before.length() > 1 && after.length() > 1) {
                return across.substring(before.length() - 1, before.length() + 1);
            }
        }
        throw new AssertionError("No two tokens that follow each other have text: " + result);
    }

    @Test
    void theContextsEndIsTheTextsEnd() throws Exception {
        Path small = Tiny.copyWithContext("gemma2", folder.resolve("model"), 16);
        try (LanguageModel bounded = LanguageModel.load(small, EXACT)) {
            GenerationOptions options = options(100).build();
            int[] ids = generate(Tiny.prompt(10), options).ids();
            List<GenerationResult> results =
                    bounded.generate(
                            List.of(
                                    new GenerationRequest(Tiny.prompt(10), options),
                                    new GenerationRequest(Tiny.prompt(16), options)));
            assertArrayEquals(Arrays.copyOf(ids, 6), results.get(0).ids());
            assertEquals(FinishReason.LENGTH, results.get(0).finishReason());
            assertEquals(0, results.get(1).completionTokens());
            assertEquals(FinishReason.LENGTH, results.get(1).finishReason());
            try (TokenStream stream =
                    bounded.stream(new GenerationRequest(Tiny.prompt(16), options))) {
                assertFalse(stream.hasNext());
            }
            GenerationRequest tooLong = new GenerationRequest(Tiny.prompt(17), options);
            ContextLengthException refused =
                    assertThrows(
                            ContextLengthException.class, () -> bounded.generate(List.of(tooLong)));
            assertEquals(
                    "The prompt has 17 tokens; the model's context holds 16.",
                    refused.getMessage());
            assertEquals(17, refused.promptTokens());
            assertEquals(16, refused.contextLength());
        }
    }

    @Test
    void logProbabilitiesAreTheReferences() throws Exception {
        try (Golden golden = Tiny.golden("gemma2")) {
            for (String prompt : List.of("p0", "p1", "p2")) {
                int[] ids = ints(golden.longs(prompt + ".input_ids"));
                float[] logits = golden.floats(prompt + ".logits");
                int vocabulary = logits.length / ids.length;
                float[] last =
                        Arrays.copyOfRange(logits, logits.length - vocabulary, logits.length);
                GeneratedToken token =
                        generate(ids, options(1).topLogprobs(5).build()).tokens().get(0);
                LogProbabilities expected = ReferenceScores.of(last, token.id(), 5);
                ReferenceScores.assertClose(expected, token.logProbabilities().orElseThrow());
            }
        }
    }

    @Test
    void theListenerHearsOfEachChunkOfALongPrompt() {
        Recorder recorder = new Recorder();
        GenerationRequest request =
                new GenerationRequest(
                        Tiny.prompt(1100), options(3).build(), recorder, new Cancellation());
        model.generate(List.of(request));
        assertEquals(
                List.of(List.of(512, 1100), List.of(1024, 1100), List.of(1100, 1100)),
                recorder.prefill);
    }

    @Test
    void wrongPromptsAreRefusedWithTheirValues() {
        GenerationOptions options = options(2).build();
        assertEquals(
                "The prompt is empty; it needs at least a token.",
                assertThrows(IllegalArgumentException.class, () -> generate(new int[0], options))
                        .getMessage());
        for (int id : new int[] {-1, 640}) {
            String message =
                    assertThrows(
                                    IllegalArgumentException.class,
                                    () -> generate(new int[] {2, id}, options))
                            .getMessage();
            assertTrue(message.contains(Integer.toString(id)), message);
            assertTrue(message.contains("640"), message);
        }
    }
}
