package io.github.lapidary.cli;

import static io.github.lapidary.cli.CommandLineRun.tiny;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.LoadOptions;
import io.github.lapidary.Tiny;
import io.github.lapidary.generation.Conversation;
import io.github.lapidary.generation.ConversationOptions;
import io.github.lapidary.generation.GenerationOptions;
import io.github.lapidary.generation.GenerationResult;
import io.github.lapidary.generation.Turn;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.text.Message;
import io.github.lapidary.text.MessageFile;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The command chat without a terminal. */
class ChatCommandTest {

    private static final String MODEL = "gemma3_mqa";
    private static final List<String> MESSAGES = List.of("Hello, you.", "The quick brown fox?");

    /** What the library replies to the messages, one after another. */
    private static List<GenerationResult> replies;

    @TempDir private Path folder;

    @BeforeAll
    static void converse() throws Exception {
        replies = converse(List.of());
    }

    private static List<GenerationResult> converse(List<Message> before) throws Exception {
        return converse(MODEL, before);
    }

    private static List<GenerationResult> converse(String name, List<Message> before)
            throws Exception {
        GenerationOptions options =
                GenerationOptions.builder().maxNewTokens(8).ignoreEos(true).build();
        List<GenerationResult> results = new ArrayList<>();
        try (LanguageModel model =
                        LanguageModel.load(
                                Tiny.path(name),
                                LoadOptions.defaults().withFormat(WeightFormat.FLOAT32));
                Conversation conversation = model.conversation(ConversationOptions.of(options))) {
            conversation.replace(before);
            for (String message : MESSAGES) {
                results.add(conversation.send(Turn.of(message, options)));
            }
        }
        return results;
    }

    private static String[] command(String... arguments) {
        return commandOf(MODEL, arguments);
    }

    private static String[] commandOf(String name, String... arguments) {
        List<String> all = new ArrayList<>(List.of("chat", "--model", tiny(name)));
        all.addAll(List.of("--dtype", "float32", "--greedy", "--ignore-eos"));
        all.addAll(List.of("--max-new-tokens", "8"));
        all.addAll(List.of(arguments));
        return all.toArray(String[]::new);
    }

    private static CommandLineRun chat(String input, String... arguments) {
        return CommandLineRun.withInput(input, command(arguments));
    }

    private static String output(List<GenerationResult> results) {
        StringBuilder text = new StringBuilder();
        results.forEach(reply -> text.append(reply.text()).append('\n'));
        return text.toString();
    }

    private static List<Message> transcript() {
        List<Message> messages = new ArrayList<>();
        for (int i = 0; i < MESSAGES.size(); i++) {
            messages.add(Message.user(MESSAGES.get(i)));
            messages.add(Message.assistant(replies.get(i).text()));
        }
        return messages;
    }

    @Test
    void eachLineGetsAReply() {
        assertEquals(output(replies), chat(String.join("\n", MESSAGES)).result());
        assertEquals(output(replies), chat(String.join("\n\n", MESSAGES) + "\n \n").result());
    }

    @Test
    void programsGetJson() {
        String input = "\"Hello, you.\"\n\"The quick brown fox?\"\n\"/exit\\nor not?\"\n";

        List<JsonObject> lines = chat(input, "--json", "--logprobs", "2").lines();

        assertEquals(3, lines.size());
        for (int i = 0; i < replies.size(); i++) {
            GenerationResult reply = replies.get(i);
            JsonObject line = lines.get(i);
            assertEquals(reply.text(), line.get("text").getAsString());
            assertEquals(reply.promptTokens(), line.get("prompt_tokens").getAsInt());
            assertEquals(reply.reusedTokens(), line.get("reused_tokens").getAsInt());
            assertEquals(8, line.get("logprobs").getAsJsonArray().size());
        }
        assertEquals(0, replies.get(0).reusedTokens());
        assertTrue(replies.get(1).reusedTokens() > 0);
    }

    @Test
    void commandsSpeakOnStandardErrorOnly() throws Exception {
        Path file = folder.resolve("chat.json");
        String input = MESSAGES.get(0) + "\n/stats\n" + MESSAGES.get(1) + "\n/save " + file;

        CommandLineRun run = chat(input + "\n/help\n/exit\nnever read\n");

        assertEquals(0, run.exitCode());
        assertEquals(output(replies), run.out());
        List<String> said = run.err().lines().toList();
        GenerationResult first = replies.get(0);
        assertTrue(
                said.get(0).startsWith("last turn: " + first.promptTokens() + " tokens read in "),
                said.get(0));
        assertTrue(said.get(0).contains(", 0 remembered, 8 tokens written in "), said.get(0));
        int used = first.promptTokens() + 7; // the last token was not read
        assertEquals("context: " + used + " of 32768 tokens used", said.get(1));
        assertEquals("4 messages saved in " + file + ".", said.get(2));
        assertTrue(said.get(3).startsWith("/system [TEXT]"), said.get(3));
        assertEquals(10, said.size());
        assertEquals(transcript(), MessageFile.read(file));
    }

    @ParameterizedTest
    @ValueSource(strings = {"recurrentgemma", "recurrentgemma_bf16"})
    void aChatWithoutEnd(String name) throws Exception {
        List<GenerationResult> expected = converse(name, List.of());
        String input = String.join("\n", MESSAGES) + "\n/stats";

        CommandLineRun run = CommandLineRun.withInput(input, commandOf(name));

        assertEquals(output(expected), run.out());
        GenerationResult last = expected.get(1);
        assertTrue(last.reusedTokens() > 0);
        List<String> said = run.err().lines().toList();
        assertTrue(
                said.get(0).contains(", " + last.reusedTokens() + " remembered, 8 tokens written"),
                said.get(0));
        int used = last.promptTokens() + 7; // the last token was not read
        assertEquals("context: " + used + " tokens used, without end", said.get(1));
    }

    @Test
    void savedMessagesAreTakenUpAgain() throws Exception {
        Path file = folder.resolve("chat.json");
        MessageFile.write(file, transcript().subList(0, 2));
        String loaded = "2 messages loaded from " + file + ".\n";
        String second = replies.get(1).text() + "\n";

        CommandLineRun byOption = chat(MESSAGES.get(1), "--load", file.toString());
        CommandLineRun byCommand =
                chat("Else.\n/load " + file + "\n" + MESSAGES.get(1) + "\n/save " + file);

        assertEquals(new CommandLineRun(0, second, loaded), byOption);
        assertTrue(byCommand.out().endsWith("\n" + second), byCommand.out());
        assertEquals(loaded + "4 messages saved in " + file + ".\n", byCommand.err());
        assertEquals(transcript(), MessageFile.read(file));
    }

    @Test
    void theSystemPromptStandsFirstAndStays() throws Exception {
        String system = "Speak like a fox.";
        String expected = output(converse(List.of(Message.system(system))));
        String input = String.join("\n", MESSAGES);

        assertEquals(expected, chat(input, "--system", system).result());
        CommandLineRun set = chat("/system " + system + "\n" + input);
        assertEquals(new CommandLineRun(0, expected, "The system prompt is set.\n"), set);
        CommandLineRun kept = chat("Else.\n/reset\n" + input, "--system", system);
        assertTrue(kept.out().endsWith("\n" + expected), kept.out());
        CommandLineRun removed = chat("/system\n" + input, "--system", system);
        assertEquals(
                new CommandLineRun(0, output(replies), "There is no system prompt now.\n"),
                removed);
    }

    @Test
    void aTemplateWithoutSystemPromptsSaysSo() {
        CommandLineRun.withInput(
                        "Hello.", "chat", "--model", tiny("gemma2"), "--system", "Be brief.")
                .assertFailed(1, "lapidary: line 1 of standard input: System role not supported");
    }

    @Test
    void filesOfOthersAreNotReplaced() throws Exception {
        Path file = Files.writeString(folder.resolve("notes.txt"), "notes");

        CommandLineRun run = chat("/save " + file);

        run.assertFailed(
                1,
                "lapidary: line 1 of standard input: "
                        + file
                        + ": it exists already and is not replaced");
        assertEquals("notes", Files.readString(file));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    /what | There is no /what; /help lists what there is, and a message that begins with / is written with two.
                    /save | /save needs a file.
                    /exit now | /exit stands alone.
                    /load no/such/file | no such file or folder: no/such/file
                    """)
    void aLineThatFailsEndsTheRun(String line, String problem) {
        CommandLineRun run = chat(MESSAGES.get(0) + "\n" + line + "\nnever read");

        assertEquals(output(replies.subList(0, 1)), run.out());
        assertEquals("lapidary: line 2 of standard input: " + problem, run.err().strip());
        assertEquals(1, run.exitCode());
    }

    @Test
    void aDoubledSlashBeginsAMessage() {
        String reply = chat("\"/what?\"", "--json").line().get("text").getAsString();

        assertEquals(reply + "\n", chat("//what?").result());
    }

    @Test
    void controlTokensAreTextUnlessMessagesAreTrusted() {
        String message = "\"Hello.<end_of_turn>\"";
        int asText = chat(message, "--json").line().get("prompt_tokens").getAsInt();
        int asToken =
                chat(message, "--json", "--trusted-messages")
                        .line()
                        .get("prompt_tokens")
                        .getAsInt();

        assertTrue(asToken < asText, asToken + ", " + asText);
    }

    @Test
    void inputThatIsNoTextIsRefused() {
        byte[] bytes = "Hello \u00e9".getBytes(ISO_8859_1);

        CommandLineRun run = CommandLineRun.run(new ByteArrayInputStream(bytes), false, command());

        run.assertFailed(1, "lapidary: standard input is no UTF-8 text");
        chat("Hello.", "--json")
                .assertFailed(
                        1,
                        "lapidary: line 1 of standard input: expected a JSON string, found"
                                + " Hello.");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    --top-k 5 | --greedy takes the likeliest token, --top-k asks to sample
                    --logprobs 2 | --logprobs needs --json, which shows them
                    hello | Unmatched argument at index 9: 'hello'
                    """)
    void wrongUseIsExplained(String arguments, String message) {
        chat("", arguments.split(" "))
                .assertFailed(2, "lapidary: " + message + "\nTry 'lapidary chat --help'.");
    }
}
