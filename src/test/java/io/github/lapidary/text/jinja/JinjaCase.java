package io.github.lapidary.text.jinja;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;

/** A template with what Jinja, set up as Hugging Face does, makes of it. */
record JinjaCase(
        String name, String template, Map<String, JsonElement> ctx, String expect, String error) {

    static final Clock CLOCK =
            Clock.fixed(Instant.parse("2024-03-05T07:08:09.012345Z"), ZoneOffset.UTC);

    static List<JinjaCase> read(String file) throws IOException {
        try (Reader reader = Files.newBufferedReader(Path.of("src/test/resources", file))) {
            return List.of(new Gson().fromJson(reader, JinjaCase[].class));
        }
    }

    static String render(String template, Map<String, JsonElement> variables) {
        return JinjaTemplate.parse(template).render(Map.of(), variables, CLOCK).characters();
    }

    void check() {
        if (error == null) {
            assertEquals(expect, render(template, ctx), template);
        } else {
            JinjaException thrown =
                    assertThrows(JinjaException.class, () -> render(template, ctx), template);
            if (!error.isEmpty()) {
                assertEquals(error, thrown.getMessage(), template);
            }
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
