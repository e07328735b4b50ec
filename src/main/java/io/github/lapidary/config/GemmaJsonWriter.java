package io.github.lapidary.config;

import io.github.lapidary.config.GemmaConfig.Version;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Makes the keys of config.json of a {@link GemmaConfig}. */
final class GemmaJsonWriter {

    private final GemmaConfig config;
    private final Map<String, Object> values;

    private GemmaJsonWriter(GemmaConfig config) {
        this.config = config;
        values = SharedKeys.values(config, architecture(config.version()));
    }

    static Map<String, Object> values(GemmaConfig config) {
        GemmaJsonWriter writer = new GemmaJsonWriter(config);
        writer.putSizes();
        writer.putRotary();
        if (config.version() != Version.GEMMA) {
            writer.putSlidingAttention();
        }
        return writer.values;
    }

    private void putSizes() {
        values.put("num_key_value_heads", config.numKeyValueHeads());
        values.put("max_position_embeddings", config.maxPositionEmbeddings());
        if (config.version() != Version.GEMMA3) {
            values.put("hidden_act", SupportedKeys.TANH_GELU);
        }
        values.put("hidden_activation", SupportedKeys.TANH_GELU);
    }

    private static String architecture(Version version) {
        return switch (version) {
            case GEMMA -> "GemmaForCausalLM";
            case GEMMA2 -> "Gemma2ForCausalLM";
            case GEMMA3 -> "Gemma3ForCausalLM";
        };
    }

    private void putRotary() {
        RotaryConfig full = config.fullRotary();
        RotaryConfig sliding = config.slidingRotary();
        if (config.version() == Version.GEMMA3 && sliding.factor() != 1) {
            // The released style has no key for it.
            Map<String, Object> byLayerType = new LinkedHashMap<>(); // in an order that stays
            byLayerType.put(LayerKind.FULL_ATTENTION.layerType(), parameters(full));
            byLayerType.put(LayerKind.SLIDING_ATTENTION.layerType(), parameters(sliding));
            values.put("rope_parameters", byLayerType);
            return;
        }
        values.put("rope_theta", full.theta());
        values.put("rope_scaling", full.factor() == 1 ? null : scaling(full));
        if (config.version() == Version.GEMMA3) {
            values.put("rope_local_base_freq", sliding.theta());
        }
    }

    private static Map<String, Object> scaling(RotaryConfig rotary) {
        Map<String, Object> scaling = new LinkedHashMap<>();
        scaling.put("rope_type", "linear");
        scaling.put("factor", rotary.factor());
        return scaling;
    }

    private static Map<String, Object> parameters(RotaryConfig rotary) {
        Map<String, Object> parameters = scaling(rotary);
        parameters.put("rope_theta", rotary.theta());
        return parameters;
    }

    private void putSlidingAttention() {
        values.put(
                "sliding_window",
                config.slidingWindow().isPresent() ? config.slidingWindow().getAsInt() : null);
        List<LayerKind> layerKinds = config.layerKinds();
        values.put("layer_types", layerKinds.stream().map(LayerKind::layerType).toList());
        if (config.version() == Version.GEMMA3) { // for readers older than layer_types
            IntStream.rangeClosed(1, layerKinds.size() + 1)
                    .filter(n -> LayerKind.repeating(n, layerKinds.size()).equals(layerKinds))
                    .findFirst()
                    .ifPresent(pattern -> values.put("sliding_window_pattern", pattern));
        }
        values.put("query_pre_attn_scalar", integerIfWhole(config.queryPreAttnScalar()));
        values.put("attn_logit_softcapping", SharedKeys.orNull(config.attnLogitSoftcapping()));
        values.put("final_logit_softcapping", SharedKeys.orNull(config.finalLogitSoftcapping()));
    }

    // transformers 5 takes no 256.0 for this key.
    private static Number integerIfWhole(double value) {
        return value == Math.rint(value) ? (Number) (long) value : (Number) value;
    }
}
