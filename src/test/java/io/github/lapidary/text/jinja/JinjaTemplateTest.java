package io.github.lapidary.text.jinja;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Templates rendered as Jinja renders them, set up as Hugging Face does. */
class JinjaTemplateTest {

    private static final Path RESOURCES = Path.of("src/test/resources");

    /**
     * A template with what Jinja makes of it.
     *
     * @param error the message if the template refuses, empty if Jinja or Python does, null if all
     *     is well
     */
    private record Case(
            String name,
            String template,
            Map<String, JsonElement> ctx,
            String expect,
            String error) {

        void check() {
            if (error == null) {
                assertEquals(expect, render(template, ctx), template);
                return;
            }
            JinjaException thrown =
                    assertThrows(JinjaException.class, () -> render(template, ctx), template);
            assertEquals(!error.isEmpty(), thrown.isRefusal());
            if (thrown.isRefusal()) {
                assertEquals(error, thrown.getMessage());
            }
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static String render(String template, Map<String, JsonElement> variables) {
        Clock clock = Clock.fixed(Instant.parse("2024-03-05T07:08:09.012345Z"), ZoneOffset.UTC);
        return JinjaTemplate.parse(template).render(Map.of(), variables, clock).characters();
    }

    @ParameterizedTest
    @CsvSource({
        "1::9223372036854775807, [2]",
        "::-9223372036854775807, [3]",
        "::9223372036854775807, [1]",
        "-9223372036854775807::2, '[1, 3]'"
    })
    void slicesMayHaveAnyStep(String slice, String expected) {
        assertEquals(expected, render("{{ [1, 2, 3][" + slice + "] }}", Map.of()));
        assertEquals(
                expected.replaceAll("[^0-9]", ""), render("{{ '123'[" + slice + "] }}", Map.of()));
    }

    static List<Case> jinjaCases() throws IOException {
        try (Reader reader =
                Files.newBufferedReader(RESOURCES.resolve("golden/chat/jinja_cases.golden.json"))) {
            List<Case> cases = List.of(new Gson().fromJson(reader, Case[].class));
            assertEquals(29, cases.size());
            return cases;
        }
    }

    static List<Case> moreCases() throws IOException {
        JsonObject file =
                JsonParser.parseString(Files.readString(RESOURCES.resolve("jinja/cases.json")))
                        .getAsJsonObject();
        Map<String, JsonElement> context = file.getAsJsonObject("context").asMap();
        List<Case> cases = new ArrayList<>();
        for (Case known : new Gson().fromJson(file.get("cases"), Case[].class)) {
            cases.add(
                    new Case(
                            known.name(),
                            known.template(),
                            context,
                            known.expect(),
                            known.error()));
        }
        return cases;
    }

    @ParameterizedTest
    @MethodSource({"jinjaCases", "moreCases"})
    void rendersAsJinjaDoes(Case known) {
        known.check();
    }
}
