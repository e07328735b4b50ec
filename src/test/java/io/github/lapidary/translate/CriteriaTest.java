package io.github.lapidary.translate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelLoader;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.TranslateException;
import ai.djl.util.Progress;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.LoadOptions;
import io.github.lapidary.ProcessMemory;
import io.github.lapidary.Tiny;
import io.github.lapidary.generation.GenerationRequest;
import io.github.lapidary.generation.GenerationResult;
import io.github.lapidary.generation.TokenStream;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.text.ChatPrompt;
import io.github.lapidary.text.Message;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How DJL finds and loads models, what it passes on, and how it fails. */
class CriteriaTest {

    @TempDir private Path folder;

    private static Criteria<String, String> url(String url) {
        return Criteria.builder().setTypes(String.class, String.class).optModelUrls(url).build();
    }

    @Test
    void aUrlToNowhereIsNoModel() {
        Path nowhere = folder.resolve("nowhere");
        ModelNotFoundException e =
                assertThrows(
                        ModelNotFoundException.class, () -> url("lapidary:" + nowhere).loadModel());
        assertEquals(
                nowhere
                        + ": there is no such model; expected a Hugging Face folder or a GGUF"
                        + " file.",
                e.getCause().getMessage());
    }

    private static <I, O> Criteria<I, O> criteria(Path path, Class<I> input, Class<O> output) {
        return Criteria.builder()
                .setTypes(input, output)
                .optModelUrls("lapidary:" + path + "?dtype=float32")
                .optTranslatorFactory(new GenerationTranslatorFactory(TinyModel.SHORT))
                .build();
    }

    @ParameterizedTest
    @ValueSource(strings = {"glam", "recurrentgemma", "recurrentgemma_bf16"})
    void aModelOfAnyFamilyIsLikeOthers(String name) throws Exception {
        Path path = Tiny.path(name);
        LoadOptions exact = LoadOptions.defaults().withFormat(WeightFormat.FLOAT32);
        try (LanguageModel own = LanguageModel.load(path, exact);
                ZooModel<String, String> model =
                        criteria(path, String.class, String.class).loadModel();
                Predictor<String, String> predictor = model.newPredictor()) {
            List<String> texts = List.of("some words", "The quick brown fox jumps", "a");
            List<String> expected =
                    texts.stream().map(text -> own.generate(text, TinyModel.SHORT).text()).toList();
            assertEquals(expected.get(0), predictor.predict(texts.get(0)));
            assertEquals(expected, predictor.batchPredict(texts));
            assertEquals(
                    own.contextLength(), TinyModel.inside(model).contextLength()); // maybe no end
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"recurrentgemma", "recurrentgemma_bf16"})
    void textsWithoutEndAreStreamedAndChatted(String name) throws Exception {
        Path path = Tiny.path(name);
        String text = "some words";
        try (ZooModel<String, TokenStream> model =
                        criteria(path, String.class, TokenStream.class).loadModel();
                Predictor<String, TokenStream> predictor = model.newPredictor()) {
            String expected = TinyModel.inside(model).generate(text, TinyModel.SHORT).text();
            for (int i = 0; i < 2; i++) {
                StringBuilder streamed = new StringBuilder();
                try (TokenStream stream =
                        i == 0
                                ? predictor.predict(text)
                                : predictor.streamingPredict(text).getIterativeOutput()) {
                    stream.forEachRemaining(token -> streamed.append(token.text()));
                }
                assertEquals(expected, streamed.toString());
            }
        }
        ChatPrompt prompt = ChatPrompt.of(Message.user("Hello."));
        try (ZooModel<ChatRequest, GenerationResult> model =
                        criteria(path, ChatRequest.class, GenerationResult.class).loadModel();
                Predictor<ChatRequest, GenerationResult> predictor = model.newPredictor()) {
            LanguageModel own = TinyModel.inside(model);
            int[] ids = own.chatFormat().render(prompt).ids();
            GenerationResult expected =
                    own.generate(List.of(new GenerationRequest(ids, TinyModel.SHORT))).get(0);
            GenerationResult found = predictor.predict(new ChatRequest(prompt, TinyModel.SHORT));
            assertEquals(expected.tokens(), found.tokens());
            assertEquals(ids.length, found.promptTokens());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "dtype=float99|The dtype is one of [float32, bfloat16], not float99.",
                "expertPlacement=here|The placement of experts is one of [automatic, packed, in_file],"
                        + " not here.",
                "context=0|The argument context allows whole numbers from 1 on; found 0.",
                "context=many|The argument context allows whole numbers from 1 on; found many.",
                "context=1000000|The model's context holds 8192 tokens, not 1000000.",
                "concurrency=-1|The argument concurrency allows whole numbers from 1 on; found -1.",
                "queue=x|The argument queue allows whole numbers from 0 on; found x.",
            })
    void wrongArgumentsAreNamed(String query, String message) {
        Criteria<String, String> criteria = url("lapidary:" + TinyModel.PATH + "?" + query);
        MalformedModelException e =
                assertThrows(MalformedModelException.class, criteria::loadModel);
        assertEquals(message, e.getMessage());
        assertEquals(List.of(), ProcessMemory.mappings(TinyModel.PATH));
    }

    @Test
    void unknownArgumentsOfAUrlAreNamed() {
        String url = "lapidary:" + TinyModel.PATH + "?dtyp=float32";
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> url(url));
        assertTrue(
                e.getMessage().startsWith(url + ": unknown argument dtyp; known are [dtype, "),
                e::getMessage);
    }

    @Test
    void tensorsThatDoNotFitAreListed() throws Exception {
        Path path =
                Tiny.copy(
                        "gemma2",
                        folder.resolve("model"),
                        config -> config.addProperty("num_hidden_layers", 5));
        assertMalformed(path, "number of layers: expected 5, found 4");
    }

    private static void assertMalformed(Path path, String part) {
        Criteria<String, String> byArgument =
                Criteria.builder()
                        .setTypes(String.class, String.class)
                        .optModelPath(path)
                        .optArgument("blockFactory", GenerativeBlockFactory.class.getName())
                        .optOption("hasParameter", "false")
                        .optTranslatorFactory(new GenerationTranslatorFactory())
                        .build();
        for (Criteria<String, String> way : List.of(url("lapidary:" + path), byArgument)) {
            MalformedModelException e = assertThrows(MalformedModelException.class, way::loadModel);
            assertTrue(e.getMessage().contains(part), e::getMessage);
        }
        assertEquals(List.of(), ProcessMemory.mappings(path));
    }

    @Test
    void brokenFilesAreNamed() throws Exception {
        Path path = Tiny.copy("gemma2", folder.resolve("model"), config -> {});
        Path weights = path.resolve("model.safetensors");
        byte[] bytes = Files.readAllBytes(weights);
        Files.write(weights, Arrays.copyOf(bytes, bytes.length - 100));
        assertMalformed(path, "model.safetensors");
    }

    @Test
    void aFolderOfSeveralGgufFilesIsAmbiguous() throws Exception {
        Path source = Path.of("src/test/resources/gguf/tiny_gemma2_f32.gguf");
        Files.copy(source, folder.resolve("a.gguf"));
        Files.copy(source, folder.resolve("b.gguf"));
        assertMalformed(folder, "expected one GGUF file, found 2.");
    }

    @Test
    void missingFilesAreNamed() throws Exception {
        Path path = Tiny.copy("gemma2", folder.resolve("model"), config -> {});
        Files.delete(path.resolve("tokenizer.json"));
        IOException e = assertThrows(IOException.class, () -> url("lapidary:" + path).loadModel());
        assertTrue(e.getMessage().contains("tokenizer.json"), e::getMessage);
    }

    @ParameterizedTest
    @EnumSource(WeightFormat.class)
    void formatAndDeviceAreHonoured(WeightFormat format) throws Exception {
        try (ZooModel<String, String> model =
                url("lapidary:" + TinyModel.PATH + "?dtype=" + format).loadModel()) {
            assertEquals(format, TinyModel.inside(model).block().format());
            assertEquals(
                    model.getNDManager().getDevice(),
                    TinyModel.inside(model)
                            .block()
                            .getParameters()
                            .get(0)
                            .getValue()
                            .getArray()
                            .getDevice());
        }
    }

    @Test
    void progressIsReported() throws Exception {
        Recorder recorder = new Recorder();
        try (ZooModel<String, String> model =
                TinyModel.criteria(String.class, String.class)
                        .optProgress(recorder)
                        .build()
                        .loadModel()) {
            long total =
                    TinyModel.inside(model).block().parametersByPath().values().stream()
                            .mapToLong(parameter -> parameter.getShape().size())
                            .sum();
            assertEquals("reset Weights " + total, recorder.events.get(2));
            assertTrue(recorder.events.contains("update " + total), recorder.events::toString);
            assertEquals("end", recorder.events.get(recorder.events.size() - 1));
        }
    }

    private static final class Recorder implements Progress {

        private final List<String> events = new ArrayList<>();

        @Override
        public void reset(String message, long max, String trailingMessage) {
            events.add("reset " + message + " " + max);
        }

        @Override
        public void start(long initialProgress) {
            events.add("start " + initialProgress);
        }

        @Override
        public void end() {
            events.add("end");
        }

        @Override
        public void increment(long increment) {
            events.add("increment " + increment);
        }

        @Override
        public void update(long progress, String message) {
            events.add("update " + progress);
        }
    }

    @Test
    void oneCriteriaLoadsTwice() throws Exception {
        Criteria<String, String> criteria = TinyModel.criteria(String.class, String.class).build();
        try (ZooModel<String, String> first = criteria.loadModel();
                ZooModel<String, String> second = criteria.loadModel()) {
            assertTrue(TinyModel.inside(first) != TinyModel.inside(second));
            assertEquals(first.newPredictor().predict("one"), second.newPredictor().predict("one"));
        }
        assertEquals(List.of(), ProcessMemory.mappings(TinyModel.PATH));
    }

    @Test
    void typesWithoutTranslatorAreNoModel() {
        Criteria<Integer, Output> criteria =
                Criteria.builder()
                        .setTypes(Integer.class, Output.class)
                        .optModelUrls("lapidary:" + TinyModel.PATH)
                        .build();
        assertThrows(ModelNotFoundException.class, criteria::loadModel);
    }

    @Test
    void aTranslatorNeedsItsBlock() {
        try (Model model = Model.newInstance("empty")) {
            Exception e =
                    assertThrows(
                            TranslateException.class,
                            () ->
                                    new GenerationTranslatorFactory()
                                            .newInstance(
                                                    Input.class, Output.class, model, Map.of()));
            assertTrue(e.getMessage().contains("GenerativeBlock"), e::getMessage);
        }
    }

    @Test
    void theZooHasWhatIsInItsFolder() throws Exception {
        Tiny.copy("gemma2", folder.resolve("folder"), config -> {});
        Files.copy(
                Path.of("src/test/resources/gguf/tiny_gemma2_f32.gguf"),
                folder.resolve("file.gguf"));
        Files.createDirectory(folder.resolve("other"));
        LapidaryModelZoo zoo = new LapidaryModelZoo(folder);
        assertEquals(
                List.of("file", "folder"),
                zoo.getModelLoaders().stream().map(ModelLoader::getArtifactId).sorted().toList());
        assertNull(zoo.getModelLoader("other"));
        assertEquals(0, new LapidaryModelZoo(folder.resolve("none")).getModelLoaders().size());
        Criteria.Builder<String, String> criteria =
                Criteria.builder()
                        .setTypes(String.class, String.class)
                        .optModelZoo(zoo)
                        .optGroupId(LapidaryModelZoo.GROUP_ID)
                        .optArgument("dtype", "float32");
        try (ZooModel<String, String> one = criteria.optArtifactId("file").build().loadModel();
                ZooModel<String, String> two =
                        criteria.optArtifactId("folder").build().loadModel()) {
            assertEquals("gemma2", TinyModel.inside(one).config().modelType());
            assertEquals("gemma2", TinyModel.inside(two).config().modelType());
        }
        assertThrows(
                ModelNotFoundException.class,
                () -> criteria.optArtifactId("none").build().loadModel());
    }
}
