package io.github.lapidary.config;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.lapidary.file.MalformedFileException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The configs that tests read. */
final class Fixtures {

    static final Path GOLDEN = Path.of("src/test/resources/golden");
    static final Path FILE = Path.of("folder", "config.json");

    private Fixtures() {}

    static Path tiny(String name) {
        return GOLDEN.resolve("tiny").resolve(name);
    }

    /** Returns the config.json of a tiny checkpoint. */
    static JsonObject tinyJson(String name) {
        return json(tiny(name).resolve("config.json"));
    }

    /** Returns the config of a released model. */
    static JsonObject releasedJson(String name) {
        return json(GOLDEN.resolve("tables/configs.json"))
                .getAsJsonObject(name)
                .getAsJsonObject("config");
    }

    /** Returns the config of a tiny or released model as transformers 5 writes it. */
    static JsonObject transformers5Json(String name) {
        return json(Path.of("src/test/resources/config/transformers5.json")).getAsJsonObject(name);
    }

    static ModelConfig parse(JsonObject json) throws MalformedFileException {
        return parse(json.toString());
    }

    static ModelConfig parse(String json) throws MalformedFileException {
        return ModelConfigReader.read(
                FILE, ConfigJson.parse(FILE, json.getBytes(UTF_8)), GenerationDefaults.NONE);
    }

    static JsonObject json(Path file) {
        try {
            return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
