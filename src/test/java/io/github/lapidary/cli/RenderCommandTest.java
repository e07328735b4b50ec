package io.github.lapidary.cli;

import static io.github.lapidary.cli.CommandLineRun.longs;
import static io.github.lapidary.cli.CommandLineRun.tiny;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.lapidary.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RenderCommandTest {

    private static final String MODEL = "gemma3_mqa";
    private static final String LINE =
            "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}\n";

    private static CommandLineRun render(String input, String model, String... options) {
        String[] all = new String[options.length + 3];
        all[0] = "render";
        all[1] = "--model";
        all[2] = model;
        System.arraycopy(options, 0, all, 3, options.length);
        return CommandLineRun.withInput(input, all);
    }

    private static List<JsonObject> golden(String model) throws IOException {
        Path file = Golden.path("tiny/" + model + "/golden_chat.json");
        JsonArray cases = JsonParser.parseString(Files.readString(file)).getAsJsonArray();
        return cases.asList().stream().map(JsonElement::getAsJsonObject).toList();
    }

    private static String input(List<JsonObject> conversations) {
        return conversations.stream()
                .map(
                        golden -> {
                            JsonObject line = new JsonObject();
                            line.add("messages", golden.get("messages"));
                            line.add("add_generation_prompt", golden.get("add_generation_prompt"));
                            return line + "\n";
                        })
                .collect(Collectors.joining());
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemma2", "gemma3_mqa", "recurrentgemma"})
    void trustedPromptsAreTheReferences(String model, @TempDir Path folder) throws IOException {
        // A folder with nothing but a tokenizer is enough.
        for (String name : List.of("tokenizer.json", "tokenizer_config.json")) {
            Files.copy(Golden.path("tiny/" + model + "/" + name), folder.resolve(name));
        }
        List<JsonObject> golden = golden(model);

        List<JsonObject> lines =
                render(input(golden), folder.toString(), "--trusted-messages").lines();
        List<JsonObject> untrusted = render(input(golden), folder.toString()).lines();

        assertEquals(golden.size(), lines.size());
        for (int i = 0; i < golden.size(); i++) {
            JsonObject expected = golden.get(i);
            boolean forges = expected.get("name").getAsString().equals("unicode_and_control");
            expected.keySet().removeAll(List.of("name", "messages", "add_generation_prompt"));
            expected.remove("error_type");
            assertEquals(expected, lines.get(i));
            if (forges) {
                assertEquals(expected.get("text"), untrusted.get(i).get("text"));
                assertNotEquals(expected.get("ids"), untrusted.get(i).get("ids"));
            } else {
                assertEquals(expected, untrusted.get(i));
            }
        }
    }

    @Test
    void ggufFileIsEnough() throws IOException {
        String gguf = "src/test/resources/gguf/tiny_gemma3_bf16.gguf";
        String input = input(golden(MODEL));

        assertEquals(render(input, tiny(MODEL)).lines(), render(input, gguf).lines());
    }

    @Test
    void toolsAndVariablesReachTheTemplate(@TempDir Path folder) throws IOException {
        Files.copy(
                Golden.path("tiny/" + MODEL + "/tokenizer.json"), folder.resolve("tokenizer.json"));
        Files.writeString(
                folder.resolve("chat_template.jinja"),
                "{{ bos_token }}{{ tools | tojson }}{{ depth }}{{ add_generation_prompt }}");
        String line = LINE.strip().substring(0, LINE.strip().length() - 1);

        JsonObject plain = render(LINE, folder.toString()).line();
        JsonObject full =
                render(
                                line
                                        + ", \"tools\": [{\"n\": 1}], \"variables\": {\"depth\": 2},"
                                        + " \"add_generation_prompt\": true}",
                                folder.toString())
                        .line();

        assertEquals("<bos>nullFalse", plain.get("text").getAsString());
        assertEquals("<bos>[{\"n\": 1}]2True", full.get("text").getAsString());
        assertArrayEquals(new long[] {2}, new long[] {longs(full.get("ids"))[0]});
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            quoteCharacter = '`',
            textBlock =
                    """
                    {} => A conversation has at least one message.
                    {"messages": []} => A conversation has at least one message.
                    {"messages": [{"role": "user", "contents": "a"}]} => A message has the unknown field contents; known are content, name, reasoning, reasoning_content, role, thinking, tool_call_id, tool_calls, tool_responses.
                    {"messages": [{"content": "a"}]} => The role of a message is missing; expected a string.
                    {"messages": [{"role": 5, "content": "a"}]} => The role of a message is 5; expected a string.
                    {"messages": [{"role": "user"}]} => A message of the role user has no content.
                    {"messages": [{"role": "user", "content": 5}]} => Invalid content type
                    {"messages": [{"role": "assistant", "content": "a"}]} => Conversation roles must alternate user/assistant/user/assistant/...
                    {"messages": ["a"]} => Expected an element of messages to be an object, found "a".
                    {"messages": "a"} => Expected messages to be a list, found "a".
                    {"messages": [], "tool": []} => A conversation has the unknown member tool.
                    {"messages": [], "add_generation_prompt": 1} => Expected add_generation_prompt to be true or false, found 1.
                    {"messages": [{"role": "user", "content": "a"}], "variables": {"tools": 1}} => A variable of a chat template has the name tools.
                    [1] => Expected a conversation to be an object, found [1].
                    {"messages": => The line is not JSON.
                    {} {} => The line is not JSON.
                    ` ` => The line is not JSON.
                    """)
    void wrongLineIsAnErrorOfItsOwn(String wrong, String error) {
        List<JsonObject> lines = render(LINE + wrong + "\n" + LINE, tiny(MODEL)).lines();

        assertEquals(3, lines.size());
        assertEquals("<bos><start_of_turn>user\na<end_of_turn>\n", text(lines.get(0)));
        assertEquals(lines.get(0), lines.get(2));
        JsonObject expected = new JsonObject();
        expected.addProperty("error", error);
        assertEquals(expected, lines.get(1));
    }

    private static String text(JsonObject line) {
        return line.get("text").getAsString();
    }

    @Test
    void brokenTemplateEndsTheRun(@TempDir Path folder) throws IOException {
        Files.copy(
                Golden.path("tiny/" + MODEL + "/tokenizer.json"), folder.resolve("tokenizer.json"));
        Path template = folder.resolve("chat_template.jinja");
        Files.writeString(template, "\n{% for m in messages %}");

        render(LINE, folder.toString())
                .assertFailed(
                        1,
                        "lapidary: "
                                + template
                                + ": line 2: found the end of the template; expected {% endfor %}.");
    }

    @Test
    void missingTemplateIsTold() {
        render(LINE, tiny("glam"))
                .assertFailed(
                        1,
                        "lapidary: "
                                + tiny("glam")
                                + ": the model has no chat template, and for the family glam none"
                                + " is built in.");
    }
}
