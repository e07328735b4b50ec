package io.github.lapidary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The notebooks as they are committed: run once from beginning to end, without a trace of where.
 */
class NotebookTest {

    private static final Pattern PLACE =
            Pattern.compile("/(root|home|Users|tmp|var|usr|opt|work|mnt)/|[A-Z]:\\\\|://");
    private static final int BYTES = 200_000;

    static List<Path> notebooks() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("notebooks"))) {
            return files.filter(file -> file.toString().endsWith(".ipynb")).sorted().toList();
        }
    }

    private static List<JsonObject> codeCells(Path notebook) throws IOException {
        JsonArray cells =
                JsonParser.parseString(Files.readString(notebook))
                        .getAsJsonObject()
                        .getAsJsonArray("cells");
        return cells.asList().stream()
                .map(JsonElement::getAsJsonObject)
                .filter(cell -> cell.get("cell_type").getAsString().equals("code"))
                .toList();
    }

    private static List<JsonObject> outputs(Path notebook) throws IOException {
        return codeCells(notebook).stream()
                .flatMap(cell -> cell.getAsJsonArray("outputs").asList().stream())
                .map(JsonElement::getAsJsonObject)
                .toList();
    }

    @ParameterizedTest
    @MethodSource("notebooks")
    void wasRunInOrder(Path notebook) throws IOException {
        List<JsonObject> cells = codeCells(notebook);
        assertEquals(
                IntStream.rangeClosed(1, cells.size()).boxed().toList(),
                cells.stream().map(cell -> cell.get("execution_count").getAsInt()).toList());
    }

    @ParameterizedTest
    @MethodSource("notebooks")
    void ranWithoutErrors(Path notebook) throws IOException {
        List<JsonObject> outputs = outputs(notebook);
        assertFalse(outputs.isEmpty());
        for (JsonObject output : outputs) {
            String type = output.get("output_type").getAsString();
            assertFalse(type.equals("error"), output::toString);
            assertFalse(
                    type.equals("stream") && output.get("name").getAsString().equals("stderr"),
                    output::toString);
        }
    }

    @ParameterizedTest
    @MethodSource("notebooks")
    void showsAPictureAndNoPlace(Path notebook) throws IOException {
        String all =
                outputs(notebook).stream().map(JsonObject::toString).collect(Collectors.joining());
        assertTrue(all.contains("\"image/png\""));
        String text = all.replaceAll("\"image/png\":\"[^\"]*\"", "");
        assertEquals(List.of(), PLACE.matcher(text).results().map(m -> m.group()).toList());
        assertTrue(Files.size(notebook) < BYTES, () -> notebook + " is too large.");
    }
}
