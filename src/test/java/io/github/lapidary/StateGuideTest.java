package io.github.lapidary;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.github.lapidary.generation.Conversation;
import io.github.lapidary.generation.GenerationOptions;
import io.github.lapidary.generation.GenerationResult;
import io.github.lapidary.generation.Prefix;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.nn.Step;
import io.github.lapidary.state.DecodingState;
import io.github.lapidary.state.Snapshot;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples of docs/states.md, run on a tiny model. */
class StateGuideTest {

    private static final String HANDBOOK = "Every stone is weighed before it is cut.";
    private static final GenerationOptions OPTIONS = GenerationOptions.defaults();

    @TempDir private Path folder;

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final PrintStream standard = System.out;
    private Path checkpoint;

    @BeforeEach
    void capture() throws Exception {
        checkpoint = Tiny.copy("gemma3_mqa", folder.resolve("model"), config -> {});
        Files.writeString(checkpoint.resolve("generation_config.json"), "{\"max_new_tokens\": 20}");
        System.setOut(new PrintStream(printed, true, UTF_8));
    }

    @AfterEach
    void restore() {
        System.setOut(standard);
    }

    private void assertPrinted(String text) {
        assertEquals(text + "\n", printed.toString(UTF_8));
    }

    private LanguageModel load() throws Exception {
        return LanguageModel.load(
                checkpoint, LoadOptions.defaults().withFormat(WeightFormat.FLOAT32));
    }

    @Test
    void thePageShowsTheseExamples() throws Exception {
        Examples.assertQuoted(Path.of("docs/states.md"), StateGuideTest.class);
    }

    @Test
    void prefixes() throws Exception {
        Path text = Files.writeString(folder.resolve("handbook.txt"), HANDBOOK);
        Path file = folder.resolve("handbook.state");
        try (LanguageModel model = load()) {
            // example
            try (Prefix handbook = model.read(Files.readString(text))) {
                handbook.save(file);
            }
            // end
        }
        try (LanguageModel model = load()) {
            String question = " How heavy?";
            GenerationOptions options = OPTIONS;
            // example
            try (Prefix handbook = model.restore(file)) {
                GenerationResult answer = handbook.generate(question, options);
                System.out.println(answer.text() + " (" + answer.reusedTokens() + " reused)");
            }
            // end
            String answer = model.generate(HANDBOOK + question, options).text();
            assertPrinted(answer + " (" + model.encode(HANDBOOK).length + " reused)");
        }
    }

    @Test
    void conversations() throws Exception {
        Path file = folder.resolve("chat.state");
        try (LanguageModel model = load()) {
            // example
            try (Conversation conversation = model.conversation()) {
                conversation.send("What is a lapidary?");
                conversation.save(file);
            }
            // end
        }
        try (LanguageModel model = load()) {
            // example
            try (Conversation conversation = model.conversation()) {
                conversation.restore(file);
                System.out.println(conversation.send("And what tools does one use?"));
            }
            // end
            try (Conversation conversation = model.conversation()) {
                conversation.send("What is a lapidary?");
                assertPrinted(conversation.send("And what tools does one use?"));
            }
        }
    }

    @Test
    void blocks() throws Exception {
        Path file = folder.resolve("state");
        int[] ids = {2, 10, 20, 30};
        try (NDManager manager = NDManager.newBaseManager()) {
            CausalLanguageModel block = Tiny.load("gemma3_mqa", manager);
            // example
            try (DecodingState state = block.newState(manager);
                    Step step = Step.of(manager, List.of(state), new int[] {ids.length});
                    NDArray x = block.forward(step, manager.create(ids), () -> {})) {
                block.saveState(new Snapshot(state, ids, "whatever you like"), file);
                DecodingState other = state.fork(); // goes on by itself
                other.close();
            }
            try (Snapshot restored = block.restoreState(file, manager)) {
                DecodingState state = restored.state(); // goes on as the first would have
                System.out.println(state.position() + " tokens, " + restored.note());
            }
            // end
            assertPrinted("4 tokens, whatever you like");
        }
    }
}
