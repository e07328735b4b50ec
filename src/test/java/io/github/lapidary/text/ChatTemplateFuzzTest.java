package io.github.lapidary.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Templates that were broken at random: each renders or fails as a template may, and soon. */
class ChatTemplateFuzzTest {

    private static final int TEMPLATES = 5_000;
    private static final double MOST_SECONDS = 10;

    private static final List<String> SNIPPETS =
            List.of(
                    "{% for i in range(99999) %}",
                    "{% for m in messages %}",
                    "{% endfor %}",
                    "{% if true %}",
                    "{% endif %}",
                    "{% else %}",
                    "{% set x %}",
                    "{% endset %}",
                    "{% set x = messages ~ messages %}",
                    "{% macro f(a) %}{{ f(a) }}{% endmacro %}{{ f(messages) }}",
                    "{{",
                    "}}",
                    "{%",
                    "%}",
                    "{#",
                    "#}",
                    "(",
                    ")",
                    "[",
                    "]",
                    "{",
                    "}",
                    "'",
                    "\"",
                    "\\",
                    "-",
                    " ** 99",
                    " * 999999",
                    " // 0",
                    "[::-1]",
                    "[0]",
                    ".split()",
                    ".items()",
                    " | tojson(indent=9)",
                    " | map(attribute='role')",
                    " | sort",
                    " | list",
                    " | join(messages)",
                    " | replace('', messages)",
                    " is ",
                    " in ",
                    " not ",
                    " loop",
                    "\uD800",
                    "🙂",
                    "\0");

    private static List<String> templates() throws IOException {
        List<String> templates = new ArrayList<>();
        Path resources = Path.of("src/test/resources");
        for (String name : List.of("gemma1-it_gemma2-it.jinja", "gemma3-it.jinja")) {
            templates.add(Files.readString(GoldenText.GOLDEN.resolve("chat").resolve(name)));
        }
        for (String name : List.of("gemma.jinja", "gemma3.jinja")) {
            try (InputStream input = ChatSource.class.getResourceAsStream(name)) {
                templates.add(new String(input.readAllBytes(), StandardCharsets.UTF_8));
            }
        }
        addAll(templates, resources.resolve("golden/chat/jinja_cases.golden.json"));
        addAll(templates, resources.resolve("jinja/cases.json"));
        assertTrue(templates.size() > 700);
        return templates;
    }

    private static void addAll(List<String> templates, Path file) throws IOException {
        JsonElement json = JsonParser.parseString(Files.readString(file));
        JsonArray cases =
                json instanceof JsonArray array
                        ? array
                        : json.getAsJsonObject().getAsJsonArray("cases");
        cases.forEach(known -> templates.add(member(known, "template")));
    }

    private static String member(JsonElement object, String name) {
        return object.getAsJsonObject().get(name).getAsString();
    }

    private static ChatPrompt prompt() throws IOException {
        JsonObject tool = JsonParser.parseString("{'function': {'name': 'f'}}").getAsJsonObject();
        List<Message> messages = new ArrayList<>();
        for (GoldenChat chat : GoldenChat.read("chat/gemma3-it.golden.json")) {
            chat.messages().forEach(message -> messages.add(Message.of(message)));
        }
        return ChatPrompt.of(messages)
                .withTools(List.of(tool))
                .withVariables(Map.of("n", new JsonPrimitive(7), "s", new JsonPrimitive("a,b")));
    }

    /** Mixes, cuts, repeats and inserts; whole templates of the pool among what is inserted. */
    private static String mutated(List<String> pool, Random random) {
        // Half of them are mutations of the templates that checkpoints bring.
        int count = random.nextBoolean() ? 4 : pool.size();
        StringBuilder template = new StringBuilder(pool.get(random.nextInt(count)));
        for (int i = random.nextInt(4); i >= 0; i--) {
            int from = random.nextInt(template.length() + 1);
            int to = Math.min(template.length(), from + random.nextInt(30));
            switch (random.nextInt(8)) {
                case 0 -> template.delete(from, to);
                case 1 -> template.insert(random.nextInt(from + 1), template.substring(from, to));
                case 2 -> template.insert(from, template.substring(from, to).repeat(50));
                case 3 -> template.setLength(from);
                case 4 -> template.insert(from, pool.get(random.nextInt(pool.size())));
                case 5 -> template.insert(from, (char) random.nextInt(0x180));
                default -> template.insert(from, SNIPPETS.get(random.nextInt(SNIPPETS.size())));
            }
        }
        return template.toString();
    }

    @Test
    void everyMutatedTemplateEndsSoonAndFailsOnlyAsTemplatesDo() throws IOException {
        List<String> pool = templates();
        ChatPrompt prompt = prompt();
        Random random = new Random(20_260_401);
        int rendered = 0;
        int refused = 0;
        int broken = 0;
        for (int i = 0; i < TEMPLATES; i++) {
            String source = mutated(pool, random);
            long start = System.nanoTime();
            try {
                ChatTemplate.parse("mutated", source).render(prompt, Map.of("bos_token", "<bos>"));
                rendered++;
            } catch (TemplateRefusalException e) {
                refused++;
            } catch (TemplateException e) {
                assertTrue(e.getMessage().startsWith("mutated: "), e.getMessage());
                broken++;
            } catch (RuntimeException | StackOverflowError e) {
                throw new AssertionError(source, e);
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            assertTrue(seconds < MOST_SECONDS, () -> seconds + " s: " + source);
        }
        assertEquals(TEMPLATES, rendered + refused + broken);
        assertTrue(Math.min(rendered, Math.min(refused, broken)) > TEMPLATES / 20);
    }
}
