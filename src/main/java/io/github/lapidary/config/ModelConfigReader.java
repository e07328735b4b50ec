package io.github.lapidary.config;

import io.github.lapidary.config.GemmaConfig.Version;
import io.github.lapidary.file.MalformedFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/**
 * Reads the {@code config.json} of a Hugging Face folder.
 *
 * <p>Both styles are read: that of the released checkpoints ({@code rope_theta}, {@code
 * rope_local_base_freq}, {@code rope_scaling}, {@code sliding_window_pattern}) and that of
 * transformers 5 ({@code rope_parameters}, {@code layer_types}). A key that changes numbers has no
 * default, except where released checkpoints lack it and the reference's configuration class fills
 * it in:
 *
 * <ul>
 *   <li>absent {@code attention_bias}, {@code tie_word_embeddings} and {@code
 *       use_bidirectional_attention} are false, true and false, the only values that are read;
 *   <li>without {@code layer_types}, Gemma 2 slides in its even layers, counted from 0;
 *   <li>Gemma 1 and 2 may lack {@code rope_scaling}, which none of their releases has;
 *   <li>the {@code text_config} of a multimodal Gemma 3 may lack anything but {@code hidden_size},
 *       {@code intermediate_size} and {@code num_hidden_layers}; the rest is then as in
 *       transformers' {@code Gemma3TextConfig};
 *   <li>an absent {@code embeddings_scale_by_sqrt_dim} of RecurrentGemma is true, the only value
 *       that is read;
 *   <li>GLaM, of which nobody has released a checkpoint, may lack what its references settle
 *       differently; it is then as in the paper's own code: every other layer sparse from layer 0
 *       on, experts of two matrices with {@code relu}, {@code attention_scale} 1, {@code
 *       attention_extra_logit} 0 (null means none), 32 buckets up to a distance of 128, only the
 *       decoder's outputs scaled, no bound of capacity, all second experts, gates normalised before
 *       capacity, {@code aux_loss_coef} 0.01 and {@code z_loss_coef} 0.0001; {@code num_experts} 0
 *       means a dense model;
 *   <li>its {@code router_z_loss_coef} and {@code router_jitter_noise}, which the reference has
 *       not, are 0 if absent;
 *   <li>an absent {@code pad_token_id} is 0, which no number depends on.
 * </ul>
 *
 * <p>One key is the library's own: {@code attention_window_excludes_self} of RecurrentGemma, false
 * if absent, for the window as DeepMind's code counts it.
 *
 * <p>Keys that contradict each other are refused, as are the activations, kinds of rotary scaling
 * and quantisations that the library does not compute.
 */
public final class ModelConfigReader {

    static final String FILE_NAME = "config.json";

    private ModelConfigReader() {}

    /**
     * Reads the folder's {@code config.json}; the ids that end a text come from its {@code
     * generation_config.json} if that states any.
     *
     * @throws java.nio.file.NoSuchFileException if there is no config.json
     * @throws MalformedFileException if a file is not JSON, lacks a key, or states something that
     *     is out of range, contradictory or not supported; the message names the key
     */
    public static ModelConfig read(Path folder) throws IOException {
        return readFile(folder.resolve(FILE_NAME), GenerationDefaultsReader.read(folder));
    }

    /**
     * Reads one file of any name that holds what a {@code config.json} does; no file beside it is
     * looked at.
     *
     * @throws java.nio.file.NoSuchFileException if there is no such file
     * @throws MalformedFileException as {@link #read(Path)} does
     */
    public static ModelConfig readFile(Path file) throws IOException {
        return readFile(file, GenerationDefaults.NONE);
    }

    /**
     * Reads one file of any name that holds what a {@code config.json} does; the ids that end a
     * text are those of the defaults, if they state any.
     *
     * @throws java.nio.file.NoSuchFileException if there is no such file
     * @throws MalformedFileException as {@link #read(Path)} does
     */
    public static ModelConfig readFile(Path file, GenerationDefaults defaults) throws IOException {
        return read(file, ConfigJson.read(file), defaults);
    }

    static ModelConfig read(Path file, ConfigJson json, GenerationDefaults defaults)
            throws MalformedFileException {
        String modelType = json.text("model_type");
        try {
            return switch (modelType) {
                case "gemma" -> gemma(Version.GEMMA, json, json, defaults);
                case "gemma2" -> gemma(Version.GEMMA2, json, json, defaults);
                case "gemma3_text" -> gemma(Version.GEMMA3, json, json, defaults);
                case "gemma3" -> multimodal(json, defaults);
                case RecurrentGemmaConfig.MODEL_TYPE ->
                        RecurrentGemmaJsonReader.read(json, specialTokens(json, json, defaults));
                case GlamConfig.MODEL_TYPE ->
                        GlamJsonReader.read(json, specialTokens(json, json, defaults));
                default ->
                        throw json.problem(
                                "model_type",
                                "expected gemma, gemma2, gemma3_text, gemma3, recurrent_gemma or glam,"
                                        + " found \""
                                        + modelType
                                        + "\".");
            };
        } catch (IllegalArgumentException e) { // a record refuses what the keys hold
            throw new MalformedFileException(file, e.getMessage(), e);
        }
    }

    private static ModelConfig multimodal(ConfigJson json, GenerationDefaults defaults)
            throws MalformedFileException {
        ConfigJson text = Gemma3TextDefaults.fillIn(json.object("text_config"));
        String modelType = text.text("model_type");
        if (!modelType.equals(Version.GEMMA3.modelType())) {
            throw text.problem("model_type", "expected gemma3_text, found \"" + modelType + "\".");
        }
        SupportedKeys.check(json);
        return gemma(Version.GEMMA3, json, text, defaults);
    }

    private static ModelConfig gemma(
            Version version, ConfigJson json, ConfigJson text, GenerationDefaults defaults)
            throws MalformedFileException {
        return GemmaJsonReader.read(version, text, specialTokens(json, text, defaults));
    }

    // transformers 5 saves a multimodal config with its own ids outside and, inside text_config,
    // with the defaults of the class: what stands outside goes first.
    private static SpecialTokens specialTokens(
            ConfigJson json, ConfigJson text, GenerationDefaults defaults)
            throws MalformedFileException {
        List<Integer> eosTokenIds = defaults.eosTokenIds();
        int vocabSize = text.integer("vocab_size");
        if (eosTokenIds.stream().anyMatch(id -> id >= vocabSize)) {
            throw new MalformedFileException(
                    json.file().resolveSibling(GenerationDefaultsReader.FILE_NAME),
                    "eos_token_id: expected ids below vocab_size, which is %d, found %s."
                            .formatted(vocabSize, eosTokenIds));
        }
        if (eosTokenIds.isEmpty()) {
            ConfigJson holder = json.has("eos_token_id") ? json : text;
            eosTokenIds = holder.ids("eos_token_id");
        }
        OptionalInt outerPad = json.findInteger("pad_token_id");
        OptionalInt pad = outerPad.isPresent() ? outerPad : text.findInteger("pad_token_id");
        ConfigJson bosHolder = json.has("bos_token_id") ? json : text;
        return new SpecialTokens(bosHolder.integer("bos_token_id"), eosTokenIds, pad.orElse(0));
    }
}
