package io.github.lapidary.config;

import io.github.lapidary.config.GemmaConfig.Version;
import io.github.lapidary.file.MalformedFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/** Makes a {@link GemmaConfig} of the keys of config.json. */
final class GemmaJsonReader {

    private GemmaJsonReader() {}

    /**
     * Reads a config.
     *
     * @throws IllegalArgumentException if the record refuses a value
     */
    static GemmaConfig read(Version version, ConfigJson json, SpecialTokens specialTokens)
            throws MalformedFileException {
        SupportedKeys.check(json);
        checkActivation(version, json);
        int headDim = json.integer("head_dim");
        List<LayerKind> layerKinds = layerKinds(version, json);
        boolean slides = layerKinds.contains(LayerKind.SLIDING_ATTENTION);
        boolean first = version == Version.GEMMA;
        RotaryJsonReader.Pair rotary = RotaryJsonReader.read(version, json);
        return new GemmaConfig(
                version,
                json.integer("vocab_size"),
                json.integer("hidden_size"),
                json.integer("intermediate_size"),
                json.integer("num_attention_heads"),
                json.integer("num_key_value_heads"),
                headDim,
                layerKinds,
                slides ? OptionalInt.of(json.integer("sliding_window")) : OptionalInt.empty(),
                first ? headDim : json.number("query_pre_attn_scalar"),
                json.number("rms_norm_eps"),
                json.integer("max_position_embeddings"),
                first ? OptionalDouble.empty() : json.numberOrNull("attn_logit_softcapping"),
                first ? OptionalDouble.empty() : json.numberOrNull("final_logit_softcapping"),
                rotary.full(),
                rotary.sliding(),
                specialTokens);
    }

    // Gemma 1 names its activation in hidden_act, where the releases' "gelu" means the form with
    // tanh; the later versions name it in hidden_activation, where "gelu" is the exact form.
    private static void checkActivation(Version version, ConfigJson json)
            throws MalformedFileException {
        boolean first = version == Version.GEMMA;
        String key = first ? "hidden_act" : "hidden_activation";
        String otherKey = first ? "hidden_activation" : "hidden_act";
        String activation = json.text(key);
        if (!(first && activation.equals("gelu"))) {
            SupportedKeys.checkActivation(json, key);
        }
        String other = json.findText(otherKey).orElse(SupportedKeys.TANH_GELU);
        if (!other.equals(SupportedKeys.TANH_GELU)) {
            throw json.contradiction(otherKey, other, key, activation);
        }
    }

    private static List<LayerKind> layerKinds(Version version, ConfigJson json)
            throws MalformedFileException {
        int layers = json.integer("num_hidden_layers");
        ConfigCheck.layerCount("num_hidden_layers", layers);
        return switch (version) {
            case GEMMA -> LayerKind.repeating(1, layers);
            case GEMMA2 ->
                    json.has("layer_types") ? stated(json, layers) : LayerKind.repeating(2, layers);
            case GEMMA3 -> thirdVersion(json, layers);
        };
    }

    // transformers writes _sliding_window_pattern as 6 whatever the plan, and does not read it:
    // only the key without the underscore counts.
    private static List<LayerKind> thirdVersion(ConfigJson json, int layers)
            throws MalformedFileException {
        String patternKey = "sliding_window_pattern";
        if (!json.has("layer_types")) {
            if (!json.has(patternKey)) {
                throw json.problem("layer_types", "expected it or " + patternKey + ", found none.");
            }
            return LayerKind.repeating(pattern(json, patternKey), layers);
        }
        List<LayerKind> stated = stated(json, layers);
        if (json.has(patternKey)) {
            int pattern = pattern(json, patternKey);
            if (!stated.equals(LayerKind.repeating(pattern, layers))) {
                throw json.contradiction("layer_types", stated, patternKey, pattern);
            }
        }
        return stated;
    }

    private static int pattern(ConfigJson json, String key) throws MalformedFileException {
        int pattern = json.integer(key);
        if (pattern < 1) {
            throw json.problem(key, "expected 1 or more, found " + pattern + ".");
        }
        return pattern;
    }

    private static List<LayerKind> stated(ConfigJson json, int layers)
            throws MalformedFileException {
        List<LayerKind> layerKinds = new ArrayList<>();
        for (String layerType : json.texts("layer_types")) {
            layerKinds.add(
                    LayerKind.ofLayerType(layerType)
                            .filter(kind -> kind != LayerKind.RECURRENT)
                            .orElseThrow(() -> unknownLayerType(json, layerType)));
        }
        if (layerKinds.size() != layers) {
            throw json.contradiction(
                    "layer_types", "a list of " + layerKinds.size(), "num_hidden_layers", layers);
        }
        return layerKinds;
    }

    private static MalformedFileException unknownLayerType(ConfigJson json, String layerType) {
        return json.problem(
                "layer_types",
                "expected "
                        + LayerKind.FULL_ATTENTION.layerType()
                        + " or "
                        + LayerKind.SLIDING_ATTENTION.layerType()
                        + ", found \""
                        + layerType
                        + "\".");
    }
}
