package io.github.lapidary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.inference.Predictor;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import io.github.lapidary.generation.Conversation;
import io.github.lapidary.generation.GenerationOptions;
import io.github.lapidary.generation.TokenStream;
import io.github.lapidary.text.Message;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The examples of README.md, run on a tiny model that is not sampled from by default. */
class ReadmeTest {

    private static final Path PATH = Tiny.path("gemma1_mqa");
    private static final String PROMPT = "The capital of France is";

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final PrintStream standard = System.out;

    @BeforeEach
    void capture() {
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void restore() {
        System.setOut(standard);
    }

    private String printed() {
        return printed.toString(StandardCharsets.UTF_8);
    }

    @Test
    void thePageShowsTheseExamples() throws Exception {
        Examples.assertQuoted(Path.of("README.md"), ReadmeTest.class);
    }

    @Test
    void generate() throws Exception {
        Path path = PATH;
        // example
        try (LanguageModel model = LanguageModel.load(path)) {
            System.out.println(model.generate("The capital of France is"));
        }
        // end
        try (LanguageModel model = LanguageModel.load(path)) {
            assertEquals(model.generate(PROMPT) + "\n", printed());
        }
    }

    @Test
    void stream() throws Exception {
        try (LanguageModel model = LanguageModel.load(PATH)) {
            // example
            GenerationOptions options =
                    GenerationOptions.builder().maxNewTokens(64).topP(0.95).seed(7).build();
            try (TokenStream stream = model.stream("Once upon a time", options)) {
                stream.forEachRemaining(token -> System.out.print(token.text()));
            }
            // end
            assertEquals(model.generate("Once upon a time", options).text(), printed());
        }
    }

    @Test
    void score() throws Exception {
        try (LanguageModel model = LanguageModel.load(PATH)) {
            // example
            double perplexity = model.score("Paris is the capital of France.").perplexity();
            // end
            assertTrue(perplexity > 1 && Double.isFinite(perplexity), () -> "" + perplexity);
        }
    }

    @Test
    void converse() throws Exception {
        try (LanguageModel model = LanguageModel.load(PATH)) {
            // example
            try (Conversation conversation = model.conversation()) {
                System.out.println(conversation.send("What is a lapidary?"));
                System.out.println(conversation.send("And what tools does one use?"));
            }
            // end
            try (Conversation conversation = model.conversation()) {
                String first = conversation.send("What is a lapidary?");
                String second = conversation.send("And what tools does one use?");
                assertEquals(first + "\n" + second + "\n", printed());
                assertEquals(Message.user("What is a lapidary?"), conversation.messages().get(0));
            }
        }
    }

    @Test
    void djl() throws Exception {
        Path path = PATH;
        // example
        Criteria<String, String> criteria =
                Criteria.builder()
                        .setTypes(String.class, String.class)
                        .optModelUrls("lapidary:" + path)
                        .build();
        try (ZooModel<String, String> model = criteria.loadModel();
                Predictor<String, String> predictor = model.newPredictor()) {
            System.out.println(predictor.predict("The capital of France is"));
        }
        // end
        try (LanguageModel model = LanguageModel.load(path)) {
            assertEquals(model.generate(PROMPT) + "\n", printed());
        }
    }
}
