package io.github.lapidary.translate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.inference.Predictor;
import ai.djl.inference.streaming.StreamingTranslator.StreamOutput;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelZoo;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.training.util.ProgressBar;
import ai.djl.translate.NoopTranslator;
import io.github.lapidary.Examples;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.ProcessMemory;
import io.github.lapidary.generation.GenerationOptions;
import io.github.lapidary.generation.GenerationRequest;
import io.github.lapidary.generation.GenerationResult;
import io.github.lapidary.generation.TokenStream;
import io.github.lapidary.text.ChatPrompt;
import io.github.lapidary.text.Message;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every way in for a user of DJL, as docs/djl.md shows them. */
class DjlGuideTest {

    private static final String PROMPT = "The capital of France is";

    private static String expected;

    @TempDir private Path temporary;

    @BeforeAll
    static void generateDirectly() throws Exception {
        try (LanguageModel model = TinyModel.direct()) {
            expected = model.generate(PROMPT);
        }
    }

    @AfterEach
    void nothingStaysMapped() {
        assertEquals(List.of(), ProcessMemory.mappings(TinyModel.PATH));
        assertEquals(List.of(), ProcessMemory.mappings(temporary));
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
                        .optModelUrls("lapidary:" + path + "?dtype=float32&context=60")
                        .optProgress(new ProgressBar())
                        .build();
        try (ZooModel<String, String> model = criteria.loadModel();
                Predictor<String, String> predictor = model.newPredictor()) {
            String text = predictor.predict("The capital of France is");
            // end
            assertTrue(expected.startsWith(text), text);
            assertEquals(60, TinyModel.inside(model).contextLength());
        }
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
        assertPredicts(criteria);
    }

    private static void assertPredicts(Criteria<String, String> criteria) throws Exception {
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
        PreparedFolder.write(
                path, served, PreparedFolder.Placement.COPY, Map.of("dtype", "float32"));
        Criteria<String, String> criteria =
                Criteria.builder()
                        .setTypes(String.class, String.class)
                        .optModelPath(served)
                        .optTranslatorFactory(new GenerationTranslatorFactory())
                        .build();
        // end
        assertPredicts(criteria);
    }

    @Test
    void byZoo() throws Exception {
        Path models = temporary.resolve("models");
        PreparedFolder.write(
                TinyModel.PATH,
                models.resolve("gemma"),
                PreparedFolder.Placement.COPY,
                Map.of("dtype", "float32"));
        // example
        Criteria<String, String> criteria =
                Criteria.builder()
                        .setTypes(String.class, String.class)
                        .optModelZoo(new LapidaryModelZoo(models))
                        .optArtifactId("gemma")
                        .build();
        // end
        assertPredicts(criteria);
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
        String direct;
        try (LanguageModel model = LanguageModel.load(file)) {
            direct = model.generate("a b");
        }
        // example
        Criteria<String, String> criteria =
                Criteria.builder()
                        .setTypes(String.class, String.class)
                        .optModelUrls("lapidary:" + file)
                        .build();
        // end
        Criteria<String, String> factory =
                Criteria.builder()
                        .setTypes(String.class, String.class)
                        .optModelPath(file)
                        .optArgument("blockFactory", GenerativeBlockFactory.class.getName())
                        .optOption("hasParameter", "false")
                        .optTranslatorFactory(new GenerationTranslatorFactory())
                        .build();
        for (Criteria<String, String> way : List.of(criteria, factory)) {
            try (ZooModel<String, String> model = way.loadModel();
                    Predictor<String, String> predictor = model.newPredictor()) {
                assertEquals(direct, predictor.predict("a b"));
            }
        }
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
                        .optModelUrls("lapidary:" + path)
                        .build();
        try (ZooModel<TextRequest, String> model = criteria.loadModel();
                Predictor<TextRequest, String> predictor = model.newPredictor()) {
            String text = predictor.predict(new TextRequest("Once upon a time", options));
            // end
            assertEquals(
                    TinyModel.inside(model).generate("Once upon a time", options).text(), text);
        }
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
            // end
            LanguageModel own = TinyModel.inside(model);
            int[] ids = own.chatFormat().render(prompt, false).ids();
            GenerationResult direct =
                    own.generate(List.of(new GenerationRequest(ids, options))).get(0);
            assertEquals(ids.length, result.promptTokens());
            assertEquals(direct.text(), result.text());
            assertEquals(direct.tokens(), result.tokens());
        }
    }

    @Test
    void streamed() throws Exception {
        String path = TinyModel.PATH.toString();
        StringBuilder text = new StringBuilder();
        // example
        Criteria<String, TokenStream> criteria =
                Criteria.builder()
                        .setTypes(String.class, TokenStream.class)
                        .optModelUrls("lapidary:" + path + "?dtype=float32")
                        .build();
        try (ZooModel<String, TokenStream> model = criteria.loadModel();
                Predictor<String, TokenStream> predictor = model.newPredictor();
                TokenStream stream = predictor.predict("The capital of France is")) {
            stream.forEachRemaining(token -> text.append(token.text()));
        }
        // end
        assertEquals(expected, text.toString());
    }

    @Test
    void streamedByDjl() throws Exception {
        try (ZooModel<String, TokenStream> model = TinyModel.load(String.class, TokenStream.class);
                Predictor<String, TokenStream> predictor = model.newPredictor()) {
            StringBuilder text = new StringBuilder();
            // example
            StreamOutput<TokenStream> output = predictor.streamingPredict("Once upon a time");
            try (TokenStream stream = output.getIterativeOutput()) {
                stream.forEachRemaining(token -> text.append(token.text()));
            }
            // end
            assertEquals(
                    TinyModel.inside(model).generate("Once upon a time", TinyModel.SHORT).text(),
                    text.toString());
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
    void serving() throws Exception {
        Path served = temporary.resolve("served");
        PreparedFolder.write(
                TinyModel.PATH, served, PreparedFolder.Placement.COPY, Map.of("dtype", "float32"));
        // example
        Criteria<Input, Output> criteria =
                Criteria.builder().setTypes(Input.class, Output.class).optModelPath(served).build();
        try (ZooModel<Input, Output> model = criteria.loadModel();
                Predictor<Input, Output> predictor = model.newPredictor()) {
            Input request = new Input();
            request.add("data", "{\"inputs\": \"The capital of France is\"}");
            String json = predictor.predict(request).getData().getAsString();
            // end
            assertTrue(json.startsWith("{\"generated_text\":\""), json);
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
            NDArray input = manager.create(ids).toType(DataType.INT64, false).expandDims(0);
            NDArray logits = predictor.predict(new NDList(input)).head(); // [1, tokens, vocabulary]
            // end
            assertEquals(new Shape(1, ids.length, own.config().vocabSize()), logits.getShape());
            int next = (int) logits.get(0, ids.length - 1).argMax().getLong();
            assertEquals(own.tokenizer().decode(new int[] {next}, true), expected.substring(0, 1));
        }
    }
}
