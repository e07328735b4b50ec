package io.github.lapidary.config;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import io.github.lapidary.file.StagedFiles;
import io.github.lapidary.file.StoredType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes {@code config.json} and {@code generation_config.json} of a Hugging Face folder, in the
 * style of the released checkpoints, which transformers loads.
 *
 * <p>{@link ModelConfigReader} reads an equal config back.
 */
public final class ModelConfigWriter {

    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().serializeNulls().disableHtmlEscaping().create();

    private ModelConfigWriter() {}

    /**
     * Writes both files, replacing those that are there.
     *
     * @param config what to write
     * @param storedType the type of the weights in the folder: F32, F16 or BF16
     * @param defaults what generation_config.json states besides the special tokens
     * @param folder an existing folder
     * @throws IOException if a file cannot be written; none is left half-written
     * @throws IllegalArgumentException if the type is another, or the defaults have eosTokenIds
     *     that are not those of the config
     */
    public static void write(
            ModelConfig config, StoredType storedType, GenerationDefaults defaults, Path folder)
            throws IOException {
        for (Map.Entry<String, String> file : texts(config, storedType, defaults).entrySet()) {
            StagedFiles.replace(folder.resolve(file.getKey()), file.getValue());
        }
    }

    /**
     * Returns what {@link #write} writes, for a caller who writes more files at the same time.
     *
     * @return the texts of config.json and generation_config.json by file name, in this order
     * @throws IllegalArgumentException as {@link #write} does
     */
    public static Map<String, String> texts(
            ModelConfig config, StoredType storedType, GenerationDefaults defaults) {
        List<Integer> eosTokenIds = config.specialTokens().eosTokenIds();
        ConfigCheck.that(
                defaults.eosTokenIds().isEmpty() || defaults.eosTokenIds().equals(eosTokenIds),
                "eosTokenIds of the generation defaults",
                "none, or those of the config, which are " + eosTokenIds,
                defaults.eosTokenIds());
        Map<String, Object> values = values(config);
        values.put("torch_dtype", torchDtype(storedType));
        Map<String, Object> generation = specialTokens(config.specialTokens());
        putDefaults(generation, defaults);
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put(ModelConfigReader.FILE_NAME, GSON.toJson(values) + "\n");
        texts.put(GenerationDefaultsReader.FILE_NAME, GSON.toJson(generation) + "\n");
        return texts;
    }

    /**
     * Returns what config.json says of a model, but for the type of its weights.
     *
     * @return values as JSON has them, by the keys of config.json
     */
    public static Map<String, Object> values(ModelConfig config) {
        Map<String, Object> values = new LinkedHashMap<>(config.jsonValues());
        values.putAll(specialTokens(config.specialTokens()));
        return values;
    }

    private static String torchDtype(StoredType storedType) {
        return switch (storedType) {
            case F32 -> "float32";
            case F16 -> "float16";
            case BF16 -> "bfloat16";
            default ->
                    throw new IllegalArgumentException(
                            "storedType: expected F32, F16 or BF16, found " + storedType + ".");
        };
    }

    private static Map<String, Object> specialTokens(SpecialTokens tokens) {
        List<Integer> ends = tokens.eosTokenIds();
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("bos_token_id", tokens.bosTokenId());
        values.put("eos_token_id", ends.size() == 1 ? ends.get(0) : ends);
        values.put("pad_token_id", tokens.padTokenId());
        return values;
    }

    private static void putDefaults(Map<String, Object> values, GenerationDefaults defaults) {
        defaults.doSample().ifPresent(value -> values.put("do_sample", value));
        defaults.temperature().ifPresent(value -> values.put("temperature", value));
        defaults.topK().ifPresent(value -> values.put("top_k", value));
        defaults.topP().ifPresent(value -> values.put("top_p", value));
        defaults.minP().ifPresent(value -> values.put("min_p", value));
        defaults.repetitionPenalty().ifPresent(value -> values.put("repetition_penalty", value));
        defaults.maxNewTokens().ifPresent(value -> values.put("max_new_tokens", value));
    }
}
