package io.github.lapidary.model;

import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.lapidary.Golden;
import io.github.lapidary.config.Presets;
import io.github.lapidary.nn.Linear;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Released models have their parameters, in number and shape; none is allocated. */
class ParameterCountTest {

    private static final Map<String, List<String>> JOINED =
            Map.of("qkv_proj", List.of("q_proj", "k_proj", "v_proj"));

    @ParameterizedTest
    @CsvSource({
        "gemma-2b, gemma-2b",
        "gemma-7b, gemma-7b",
        "codegemma-2b, codegemma-2b",
        "codegemma-7b, codegemma-7b",
        "gemma-2-2b, gemma-2-2b",
        "gemma-2-9b, gemma-2-9b",
        "gemma-2-27b, gemma-2-27b",
        "gemma-3-270m, gemma-3-270m",
        "gemma-3-1b, gemma-3-1b",
        "gemma-3-4b, gemma-3-4b (text_config)",
        "gemma-3-12b, gemma-3-12b (text_config)",
        "gemma-3-27b, gemma-3-27b (text_config)",
        "recurrentgemma-2b, recurrentgemma-2b",
        "recurrentgemma-9b, recurrentgemma-9b"
    })
    void areTheReleased(String preset, String released) throws IOException {
        JsonObject table =
                JsonParser.parseString(Files.readString(Golden.path("tables/configs.json")))
                        .getAsJsonObject()
                        .getAsJsonObject(released);
        CausalLanguageModel model = Models.of(Presets.get(preset));
        Map<String, Parameter> parameters = model.parametersByPath();
        long total = parameters.values().stream().mapToLong(p -> p.getShape().size()).sum();
        assertEquals(table.get("parameters_total").getAsLong(), total);
        assertEquals(
                table.get("parameters_embedding").getAsLong(),
                parameters.get("embed_tokens.weight").getShape().size());
        Map<String, List<Long>> expected = shapes(table);
        Map<String, List<Long>> actual = shapes(model);
        // Of the layers the table has the first of each kind, if they differ in shape.
        Set<String> layers =
                expected.keySet().stream().map(ParameterCountTest::layer).collect(toSet());
        actual.keySet().removeIf(path -> !layers.contains(layer(path)));
        assertEquals(expected, actual);
        parameters.values().forEach(parameter -> assertFalse(parameter.isInitialized()));
    }

    /** Returns the number of a parameter's layer; empty outside of layers. */
    private static String layer(String path) {
        return path.startsWith("layers.") ? path.replaceFirst("^layers\\.(\\d+)\\..*", "$1") : "";
    }

    /** Returns the released shapes of some layers and of what lies outside of layers. */
    private static Map<String, List<Long>> shapes(JsonObject table) {
        Map<String, List<Long>> shapes = new TreeMap<>();
        table.getAsJsonObject("tensor_shapes_layer0_and_globals")
                .entrySet()
                .forEach(entry -> shapes.put(path(entry.getKey()), shape(entry.getValue())));
        return shapes;
    }

    private static String path(String foreignName) {
        return foreignName
                .replaceFirst("^(language_model\\.)?model\\.(language_model\\.)?", "")
                .replaceFirst("^final_norm", "norm")
                .replaceFirst("_gate_(weight|bias)$", "_gate.$1");
    }

    private static List<Long> shape(JsonElement numbers) {
        return StreamSupport.stream(numbers.getAsJsonArray().spliterator(), false)
                .map(JsonElement::getAsLong)
                .toList();
    }

    /** Returns the model's shapes, those of joined matrices apart. */
    private static Map<String, List<Long>> shapes(CausalLanguageModel model) {
        Map<String, List<Long>> shapes = new TreeMap<>();
        model.parametersByPath()
                .forEach((path, parameter) -> addParts(model, path, parameter.getShape(), shapes));
        return shapes;
    }

    private static void addParts(
            CausalLanguageModel model, String path, Shape shape, Map<String, List<Long>> shapes) {
        String owner = path.substring(0, path.lastIndexOf('.'));
        String name = owner.substring(owner.lastIndexOf('.') + 1);
        List<String> parts = JOINED.get(name);
        if (parts == null) {
            shapes.put(path, Arrays.stream(shape.getShape()).boxed().toList());
            return;
        }
        Linear linear = (Linear) model.at(owner);
        assertEquals(parts.size(), linear.parts().size());
        for (int i = 0; i < parts.size(); i++) {
            shapes.put(
                    path.replace(name, parts.get(i)), List.of(linear.parts().get(i), shape.get(1)));
        }
    }
}
