package io.github.lapidary.cli;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import io.github.lapidary.file.Gguf;
import io.github.lapidary.file.GgufMetadata;
import io.github.lapidary.text.ChatFormat;
import io.github.lapidary.text.ChatPrompt;
import io.github.lapidary.text.ChatSource;
import io.github.lapidary.text.Message;
import io.github.lapidary.text.RenderedPrompt;
import io.github.lapidary.text.TemplateException;
import io.github.lapidary.text.Tokenizer;
import io.github.lapidary.text.TokenizerJson;
import io.github.lapidary.text.VocabularyTokenizer;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;

/** Shows what a model's chat template makes of conversations. */
@Command(
        name = "render",
        description = {
            "Show the prompts of conversations.",
            "Standard input holds one conversation a line, as a JSON object with \"messages\" and,"
                    + " if wanted, \"add_generation_prompt\", \"tools\" and \"variables\"; for each"
                    + " a line of JSON is written, with its text and ids, or with an error."
        },
        sortOptions = false,
        footerHeading = "%nExamples:%n",
        footer = {
            "  lapidary render --model gemma-3-270m-it <conversations.jsonl",
            "  lapidary render --model model.gguf --trusted-messages <conversations.jsonl"
        })
final class RenderCommand implements Callable<Integer> {

    private static final Set<String> MEMBERS =
            Set.of("messages", "add_generation_prompt", "tools", "variables");

    private final Console console;

    @Option(
            names = "--model",
            required = true,
            paramLabel = "PATH",
            description = "A folder with a tokenizer.json, or a GGUF file.")
    private Path model;

    @Option(
            names = "--trusted-messages",
            description = "Control tokens inside messages take effect, instead of staying text.")
    private boolean trusted;

    RenderCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        if (Files.isRegularFile(model)) {
            GgufMetadata metadata = Gguf.read(model).metadata();
            render(VocabularyTokenizer.of(metadata, model), ChatSource.of(metadata, model));
        } else {
            render(TokenizerJson.load(model), ChatSource.of(model));
        }
        return ExitCode.OK;
    }

    private void render(Tokenizer tokenizer, ChatSource source) throws IOException {
        try (tokenizer) {
            ChatFormat format = source.format(tokenizer);
            console.eachLine(line -> console.print(JsonLine.of(rendered(format, line))));
        }
    }

    private JsonObject rendered(ChatFormat format, String line) {
        JsonObject result = new JsonObject();
        try {
            RenderedPrompt prompt = format.render(prompt(line), trusted);
            result.addProperty("text", prompt.text());
            result.add("ids", JsonLine.ids(prompt.ids()));
        } catch (TemplateException | IllegalArgumentException e) {
            result.addProperty("error", e.getMessage());
        }
        return result;
    }

    private static ChatPrompt prompt(String line) {
        JsonObject members = object(parse(line), "a conversation");
        for (String name : members.keySet()) {
            if (!MEMBERS.contains(name)) {
                throw new IllegalArgumentException(
                        "A conversation has the unknown member " + name + ".");
            }
        }
        List<Message> messages = objects(members, "messages").stream().map(Message::of).toList();
        JsonElement generation = members.get("add_generation_prompt");
        if (generation != null
                && !(generation instanceof JsonPrimitive truth && truth.isBoolean())) {
            throw wrong("add_generation_prompt", "true or false", generation);
        }
        return new ChatPrompt(
                messages,
                generation != null && generation.getAsBoolean(),
                objects(members, "tools"),
                variables(members.get("variables")));
    }

    private static JsonElement parse(String line) {
        try (JsonReader json = new JsonReader(new StringReader(line))) {
            json.setStrictness(Strictness.STRICT);
            JsonElement element = new Gson().getAdapter(JsonElement.class).read(json);
            if (json.peek() == JsonToken.END_DOCUMENT) {
                return element;
            }
            throw new IllegalArgumentException("There is text after the JSON object.");
        } catch (IOException | JsonParseException | IllegalStateException e) {
            throw new IllegalArgumentException("The line is not JSON.", e);
        }
    }

    private static Map<String, JsonElement> variables(JsonElement variables) {
        return variables == null || variables.isJsonNull()
                ? Map.of()
                : object(variables, "variables").asMap();
    }

    private static List<JsonObject> objects(JsonObject members, String name) {
        JsonElement list = members.get(name);
        if (list == null || list.isJsonNull()) {
            return List.of();
        }
        if (!(list instanceof JsonArray array)) {
            throw wrong(name, "a list", list);
        }
        List<JsonObject> objects = new ArrayList<>();
        array.forEach(element -> objects.add(object(element, "an element of " + name)));
        return objects;
    }

    private static JsonObject object(JsonElement element, String what) {
        if (element instanceof JsonObject object) {
            return object;
        }
        throw wrong(what, "an object", element);
    }

    private static IllegalArgumentException wrong(String what, String expected, JsonElement found) {
        String text = found.toString();
        int most = 60;
        return new IllegalArgumentException(
                "Expected %s to be %s, found %s."
                        .formatted(
                                what,
                                expected,
                                text.length() <= most ? text : text.substring(0, most) + "…"));
    }
}
