package io.github.lapidary.text;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.lapidary.file.GgufMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The tokenizers of the tiny checkpoints, as they are and as converters write them into GGUF. */
final class TinyTokenizers {

    static final List<String> NAMES = List.of("gemma1_mha", "gemma3_mqa");

    private TinyTokenizers() {}

    static Path folder(String name) {
        return GoldenText.GOLDEN.resolve("tiny").resolve(name);
    }

    static List<GoldenText> golden(String name) throws IOException {
        return GoldenText.read("tiny/" + name + "/golden_tokenizer.json");
    }

    static GgufMetadata metadata(String name) throws IOException {
        return metadata(folder(name));
    }

    /** Converts {@code tokenizer.json}: the better the merge, the better the score of its token. */
    static GgufMetadata metadata(Path folder) throws IOException {
        String text = Files.readString(folder.resolve("tokenizer.json"));
        JsonObject root = JsonParser.parseString(text).getAsJsonObject();
        JsonObject model = root.getAsJsonObject("model");
        Map<String, JsonElement> vocabulary = model.getAsJsonObject("vocab").asMap();
        int size = vocabulary.size();
        String[] tokens = new String[size];
        double[] scores = new double[size];
        long[] types = new long[size];
        Arrays.fill(scores, -1000);
        Arrays.fill(types, 1);
        vocabulary.forEach((piece, id) -> tokens[id.getAsInt()] = piece);
        firstMerges(model)
                .forEach((piece, rank) -> scores[vocabulary.get(piece).getAsInt()] = -rank);
        for (int id = 0; id < size; id++) {
            if (tokens[id].matches("<0x[0-9A-F]{2}>")) {
                types[id] = 6;
            }
        }
        for (JsonElement element : root.getAsJsonArray("added_tokens")) {
            JsonObject token = element.getAsJsonObject();
            int id = token.get("id").getAsInt();
            if (id < size) {
                boolean control =
                        token.get("special").getAsBoolean()
                                || tokens[id].equals("<mask>")
                                || tokens[id].startsWith("<unused");
                types[id] = control ? 3 : 4;
                tokens[id] = control ? tokens[id] : tokens[id].replace('▁', ' ');
                scores[id] = -1000;
            }
        }
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("tokenizer.ggml.model", "llama");
        values.put("tokenizer.ggml.tokens", List.of(tokens));
        values.put("tokenizer.ggml.scores", scores);
        values.put("tokenizer.ggml.token_type", types);
        values.put("tokenizer.ggml.bos_token_id", 2L);
        values.put("tokenizer.ggml.unknown_token_id", 3L);
        values.put("tokenizer.ggml.add_space_prefix", false);
        return new GgufMetadata(values);
    }

    /** Returns the metadata with one value replaced, or taken away by null. */
    static GgufMetadata with(GgufMetadata metadata, String key, Object value) {
        Map<String, Object> values = new LinkedHashMap<>();
        metadata.keys().forEach(name -> values.put(name, metadata.get(name, Object.class)));
        if (value == null) {
            values.remove(key);
        } else {
            values.put(key, value);
        }
        return new GgufMetadata(values);
    }

    /** Returns the place of the first merge that makes each token; merges are pairs or joined. */
    private static Map<String, Integer> firstMerges(JsonObject model) {
        Map<String, Integer> ranks = new HashMap<>();
        int rank = 0;
        for (JsonElement merge : model.getAsJsonArray("merges")) {
            String piece =
                    merge.isJsonArray()
                            ? merge.getAsJsonArray().get(0).getAsString()
                                    + merge.getAsJsonArray().get(1).getAsString()
                            : merge.getAsString().replace(" ", "");
            ranks.putIfAbsent(piece, rank++);
        }
        return ranks;
    }
}
