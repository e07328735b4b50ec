package io.github.lapidary.translate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.inference.Predictor;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelZoo;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.training.util.ProgressBar;
import ai.djl.translate.NoopTranslator;
import com.google.gson.JsonPrimitive;
import io.github.lapidary.Examples;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.LoadOptions;
import io.github.lapidary.ProcessMemory;
import io.github.lapidary.generation.GenerationOptions;
import io.github.lapidary.generation.GenerationRequest;
import io.github.lapidary.generation.GenerationResult;
import io.github.lapidary.generation.TokenStream;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.text.ChatPrompt;
import io.github.lapidary.text.Message;
import io.github.lapidary.translate.PreparedFolder.Placement;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every way in for a user of DJL: the examples of docs/djl.md, run on a tiny model. */
class DjlGuideTest {

    private static final String PROMPT = "The capital of France is";

    @TempDir private Path temporary;

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final PrintStream standard = System.out;

    @BeforeEach
    void capture() {
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void restore() {
        System.setOut(standard);
        assertEquals(List.of(), ProcessMemory.mappings(TinyModel.PATH));
        assertEquals(List.of(), ProcessMemory.mappings(temporary));
    }

    private void assertPrinted(String text) {
        String all = printed.toString(StandardCharsets.UTF_8);
        assertTrue(all.endsWith(text + "\n"), () -> all + "\n is not \n" + text);
    }

    private static String direct(Path path, String prompt, GenerationOptions options)
            throws Exception {
        try (LanguageModel model =
                LanguageModel.load(path, LoadOptions.defaults().withFormat(WeightFormat.FLOAT32))) {
            return model.generate(prompt, options).text();
        }
    }

    private static String direct(String prompt) throws Exception {
        return direct(TinyModel.PATH, prompt, GenerationOptions.defaults());
    }

    @Test
    void thePageShowsTheseExamples() throws Exception {
        Examples.assertQuoted(Path.of("docs/djl.md"), DjlGuideTest.class);
    }

    @Test
    void byUrl() throws Exception {
        String path = TinyModel.PATH.toString();
        // example
        Criteria<String, String> criteria =
                Criteria.builder()
                        .setTypes(String.class, String.class)
                        .optModelUrls("lapidary:" + path + "?dtype=float32&context=1000")
                        .optProgress(new ProgressBar())
                        .build();
        try (ZooModel<String, String> model = criteria.loadModel();
                Predictor<String, String> predictor = model.newPredictor()) {
            System.out.println(predictor.predict("The capital of France is"));
        }
        // end
        assertPrinted(direct(PROMPT));
    }

    @Test
    void byBlockFactory() throws Exception {
        Path path = TinyModel.PATH;
        // example
        Criteria<String, String> criteria =
                Criteria.builder()
                        .setTypes(String.class, String.class)
                        .optModelPath(path)
                        .optArgument("blockFactory", new GenerativeBlockFactory())
                        .optArgument("dtype", "float32")
                        .optOption("hasParameter", "false")
                        .optTranslatorFactory(new GenerationTranslatorFactory())
                        .build();
        // end
        assertPredicts(direct(PROMPT), criteria);
    }

    private static void assertPredicts(String expected, Criteria<String, String> criteria)
            throws Exception {
        try (ZooModel<String, String> model = criteria.loadModel();
                Predictor<String, String> predictor = model.newPredictor()) {
            assertEquals(expected, predictor.predict(PROMPT));
        }
    }

    @Test
    void byPreparedFolder() throws Exception {
        Path path = TinyModel.PATH;
        Path served = temporary.resolve("served");
        // example
        PreparedFolder.write(path, served, Placement.COPY, Map.of("dtype", "float32"));
        Criteria<String, String> criteria =
                Criteria.builder()
                        .setTypes(String.class, String.class)
                        .optModelPath(served)
                        .optTranslatorFactory(new GenerationTranslatorFactory())
                        .build();
        // end
        assertPredicts(direct(PROMPT), criteria);
    }

    @Test
    void byZoo() throws Exception {
        Path models = temporary.resolve("models");
        PreparedFolder.write(
                TinyModel.PATH,
                models.resolve("gemma"),
                Placement.COPY,
                Map.of("dtype", "float32"));
        // example
        Criteria<String, String> criteria =
                Criteria.builder()
                        .setTypes(String.class, String.class)
                        .optModelZoo(new LapidaryModelZoo(models))
                        .optArtifactId("gemma")
                        .build();
        // end
        assertPredicts(direct(PROMPT), criteria);
    }

    /** The zoo that DJL finds by itself looks where this machine's user keeps models. */
    @Test
    void djlFindsTheZoo() {
        assertTrue(ModelZoo.getModelZoo("io.github.lapidary") instanceof LapidaryModelZoo);
    }

    @Test
    void aGgufFile() throws Exception {
        Path file = temporary.resolve("tiny.gguf");
        Files.copy(Path.of("src/test/resources/gguf/tiny_gemma2_f32.gguf"), file);
        String expected = direct(file, PROMPT, GenerationOptions.defaults());
        assertPredicts(
                expected,
                Criteria.builder()
                        .setTypes(String.class, String.class)
                        .optModelUrls("lapidary:" + file + "?dtype=float32")
                        .build());
        assertPredicts(
                expected,
                Criteria.builder()
                        .setTypes(String.class, String.class)
                        .optModelPath(file)
                        .optArgument("blockFactory", GenerativeBlockFactory.class.getName())
                        .optArgument("dtype", "float32")
                        .optOption("hasParameter", "false")
                        .optTranslatorFactory(new GenerationTranslatorFactory())
                        .build());
    }

    @Test
    void options() throws Exception {
        String path = TinyModel.PATH.toString();
        // example
        GenerationOptions options =
                GenerationOptions.builder().maxNewTokens(64).topP(0.95).seed(7).build();
        Criteria<TextRequest, String> criteria =
                Criteria.builder()
                        .setTypes(TextRequest.class, String.class)
                        .optModelUrls("lapidary:" + path + "?dtype=float32")
                        .build();
        try (ZooModel<TextRequest, String> model = criteria.loadModel();
                Predictor<TextRequest, String> predictor = model.newPredictor()) {
            System.out.println(predictor.predict(new TextRequest("Once upon a time", options)));
        }
        // end
        assertPrinted(direct(TinyModel.PATH, "Once upon a time", options));
    }

    @Test
    void chat() throws Exception {
        String path = TinyModel.PATH.toString();
        // example
        Criteria<ChatRequest, GenerationResult> criteria =
                Criteria.builder()
                        .setTypes(ChatRequest.class, GenerationResult.class)
                        .optModelUrls("lapidary:" + path + "?dtype=float32")
                        .build();
        ChatPrompt prompt = ChatPrompt.of(Message.user("What is a lapidary?"));
        GenerationOptions options =
                GenerationOptions.builder().maxNewTokens(64).topLogprobs(3).build();
        try (ZooModel<ChatRequest, GenerationResult> model = criteria.loadModel();
                Predictor<ChatRequest, GenerationResult> predictor = model.newPredictor()) {
            GenerationResult result = predictor.predict(new ChatRequest(prompt, options));
            System.out.println(result.text() + " (" + result.finishReason() + ")");
            System.out.println(result.tokens().get(0).logProbabilities());
            System.out.println(result.promptTokens() + " + " + result.completionTokens());
        }
        // end
        try (LanguageModel model = TinyModel.direct()) {
            int[] ids = model.chatFormat().render(prompt, false).ids();
            GenerationRequest request =
                    new GenerationRequest(ids, options.withStopIds(model.replyEndIds()));
            GenerationResult result = model.generate(List.of(request)).get(0);
            assertPrinted(
                    "%s (%s)\n%s\n%d + %d"
                            .formatted(
                                    result.text(),
                                    result.finishReason(),
                                    result.tokens().get(0).logProbabilities(),
                                    ids.length,
                                    result.completionTokens()));
        }
    }

    @Test
    void streamed() throws Exception {
        String path = TinyModel.PATH.toString();
        // example
        Criteria<String, TokenStream> criteria =
                Criteria.builder()
                        .setTypes(String.class, TokenStream.class)
                        .optModelUrls("lapidary:" + path + "?dtype=float32")
                        .build();
        try (ZooModel<String, TokenStream> model = criteria.loadModel();
                Predictor<String, TokenStream> predictor = model.newPredictor();
                TokenStream stream = predictor.predict("The capital of France is")) {
            stream.forEachRemaining(token -> System.out.print(token.text()));
            System.out.println();
        }
        // end
        assertPrinted(direct(PROMPT));
    }

    @Test
    void streamedByDjl() throws Exception {
        try (ZooModel<String, TokenStream> model = TinyModel.load(String.class, TokenStream.class);
                Predictor<String, TokenStream> predictor = model.newPredictor()) {
            // example
            try (TokenStream stream =
                    predictor.streamingPredict("Once upon a time").getIterativeOutput()) {
                stream.forEachRemaining(token -> System.out.print(token.text()));
            }
            // end
            System.out.println();
            assertPrinted(
                    TinyModel.inside(model).generate("Once upon a time", TinyModel.SHORT).text());
        }
    }

    @Test
    void batch() throws Exception {
        try (ZooModel<String, String> model = TinyModel.load(String.class, String.class);
                Predictor<String, String> predictor = model.newPredictor()) {
            // example
            List<String> texts = predictor.batchPredict(List.of("Red", "Green", "Blue"));
            // end
            assertEquals(
                    List.of(
                            predictor.predict("Red"),
                            predictor.predict("Green"),
                            predictor.predict("Blue")),
                    texts);
        }
    }

    @Test
    void blocksAndArrays() throws Exception {
        String path = TinyModel.PATH.toString();
        // example
        Criteria<NDList, NDList> criteria =
                Criteria.builder()
                        .setTypes(NDList.class, NDList.class)
                        .optModelUrls("lapidary:" + path + "?dtype=float32")
                        .optTranslator(new NoopTranslator())
                        .build();
        try (ZooModel<NDList, NDList> model = criteria.loadModel();
                Predictor<NDList, NDList> predictor = model.newPredictor();
                NDManager manager = model.getNDManager().newSubManager()) {
            LanguageModel own = ((GenerativeBlock) model.getBlock()).model();
            int[] ids = own.encode("The capital of France is");
            long[] row = IntStream.of(ids).asLongStream().toArray();
            NDArray input = manager.create(row, new Shape(1, row.length));
            NDArray logits = predictor.predict(new NDList(input)).head(); // [1, tokens, vocabulary]
            long next = logits.get(0, ids.length - 1).argMax().getLong();
            System.out.println(own.tokenizer().piece((int) next));
        }
        // end
        try (LanguageModel model = TinyModel.direct();
                TokenStream stream = model.stream(PROMPT, GenerationOptions.defaults())) {
            assertPrinted(model.tokenizer().piece(stream.next().id()));
        }
    }

    @Test
    void serving() throws Exception {
        Path served = temporary.resolve("served");
        PreparedFolder.write(TinyModel.PATH, served, Placement.COPY, Map.of("dtype", "float32"));
        // example
        Criteria<Input, Output> criteria =
                Criteria.builder().setTypes(Input.class, Output.class).optModelPath(served).build();
        try (ZooModel<Input, Output> model = criteria.loadModel();
                Predictor<Input, Output> predictor = model.newPredictor()) {
            Input request = new Input();
            request.add("data", "{\"inputs\": \"The capital of France is\"}");
            System.out.println(predictor.predict(request).getData().getAsString());
        }
        // end
        String text =
                direct(
                        TinyModel.PATH,
                        PROMPT,
                        GenerationOptions.builder().maxNewTokens(30).build());
        assertPrinted("{\"generated_text\":" + Json.text(new JsonPrimitive(text)) + "}");
    }
}
