package io.github.lapidary.config;

import io.github.lapidary.file.MalformedFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.IntStream;

/** Makes a {@link RecurrentGemmaConfig} of the keys of config.json. */
final class RecurrentGemmaJsonReader {

    static final String EXCLUDES_SELF = "attention_window_excludes_self";

    /** What {@code block_types} calls layers with attention, which all slide. */
    static final String ATTENTION = "attention";

    private static final String BLOCK_TYPES = "block_types";
    private static final String OLDER_BLOCK_TYPES = "_block_types";
    private static final String PARAMETERS = "rope_parameters";
    private static final String THETA = "rope_theta";
    private static final String PARTIAL = "partial_rotary_factor";

    private RecurrentGemmaJsonReader() {}

    /**
     * Reads a config.
     *
     * @throws IllegalArgumentException if the record refuses a value
     */
    static RecurrentGemmaConfig read(ConfigJson json, SpecialTokens specialTokens)
            throws MalformedFileException {
        SupportedKeys.check(json);
        SupportedKeys.checkTruth(json, "embeddings_scale_by_sqrt_dim", true);
        SupportedKeys.checkActivation(json, "hidden_activation");
        return new RecurrentGemmaConfig(
                json.integer("vocab_size"),
                json.integer("hidden_size"),
                json.integer("intermediate_size"),
                json.integer("num_attention_heads"),
                json.integer("num_key_value_heads"),
                json.integer("head_dim"),
                layerKinds(json),
                json.integer("lru_width"),
                json.integer("conv1d_width"),
                json.integer("attention_window_size"),
                json.findTruth(EXCLUDES_SELF).orElse(false),
                json.number("rms_norm_eps"),
                json.number("logits_soft_cap"),
                rotary(json),
                specialTokens);
    }

    /** Returns the stated kinds, repeated until there are enough. */
    private static List<LayerKind> layerKinds(ConfigJson json) throws MalformedFileException {
        int layers = json.integer("num_hidden_layers");
        ConfigCheck.layerCount("num_hidden_layers", layers);
        String key = json.has(BLOCK_TYPES) ? BLOCK_TYPES : OLDER_BLOCK_TYPES;
        if (!json.has(key)) {
            throw json.problem(
                    BLOCK_TYPES, "expected it or " + OLDER_BLOCK_TYPES + ", found none.");
        }
        List<LayerKind> pattern = pattern(json, key);
        if (json.has(OLDER_BLOCK_TYPES) && !pattern.equals(pattern(json, OLDER_BLOCK_TYPES))) {
            throw json.contradiction(
                    OLDER_BLOCK_TYPES, json.texts(OLDER_BLOCK_TYPES), key, json.texts(key));
        }
        return IntStream.range(0, layers).mapToObj(i -> pattern.get(i % pattern.size())).toList();
    }

    private static List<LayerKind> pattern(ConfigJson json, String key)
            throws MalformedFileException {
        List<LayerKind> pattern = new ArrayList<>();
        for (String type : json.texts(key)) {
            if (type.equals(LayerKind.RECURRENT.layerType())) {
                pattern.add(LayerKind.RECURRENT);
            } else if (type.equals(ATTENTION)) {
                pattern.add(LayerKind.SLIDING_ATTENTION);
            } else {
                throw json.problem(key, "expected recurrent or attention, found \"" + type + "\".");
            }
        }
        if (pattern.isEmpty()) {
            throw json.problem(key, "expected at least one type, found none.");
        }
        return pattern;
    }

    private static RotaryConfig rotary(ConfigJson json) throws MalformedFileException {
        Optional<ConfigJson> parameters = json.findObject(PARAMETERS);
        if (parameters.isEmpty()) {
            return new RotaryConfig(json.number(THETA), 1, json.number(PARTIAL));
        }
        ConfigJson stated = parameters.get();
        RotaryJsonReader.checkKeys(stated, Set.of(THETA, PARTIAL, "rope_type"));
        String type = stated.findText("rope_type").orElse("default");
        if (!type.equals("default")) {
            throw stated.problem("rope_type", "only default is supported, found \"" + type + "\".");
        }
        for (String key : List.of(THETA, PARTIAL)) {
            OptionalDouble older = json.findNumber(key);
            if (older.isPresent() && older.getAsDouble() != stated.number(key)) {
                throw json.contradiction(
                        key, older.getAsDouble(), PARAMETERS + "." + key, stated.number(key));
            }
        }
        return new RotaryConfig(stated.number(THETA), 1, stated.number(PARTIAL));
    }
}
