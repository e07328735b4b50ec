package io.github.lapidary.config;

import java.util.Map;

/** Makes the keys of config.json of a {@link GlamConfig}. */
final class GlamJsonWriter {

    private GlamJsonWriter() {}

    static Map<String, Object> values(GlamConfig config) {
        Map<String, Object> values = SharedKeys.values(config, "GlamForCausalLM");
        values.put("hidden_act", SupportedKeys.TANH_GELU);
        values.put("max_position_embeddings", config.maxPositionEmbeddings());
        values.put("attention_scale", config.attentionScale());
        values.put(GlamJsonReader.EXTRA_LOGIT, SharedKeys.orNull(config.attentionExtraLogit()));
        values.put("relative_attention_num_buckets", config.relativeAttentionNumBuckets());
        values.put("relative_attention_max_distance", config.relativeAttentionMaxDistance());
        values.put("scale_embeddings", config.scaleEmbeddings());
        values.put("scale_decoder_outputs", config.scaleDecoderOutputs());
        putExperts(config, values);
        return values;
    }

    private static void putExperts(GlamConfig config, Map<String, Object> values) {
        values.put("num_experts", config.numExperts());
        values.put(GlamJsonReader.EXPERTS_PER_TOKEN, GlamConfig.EXPERTS_PER_TOKEN);
        values.put("moe_intermediate_size", config.moeIntermediateSize());
        values.put("moe_layer_freq", config.moeLayerFreq());
        values.put("moe_layer_offset", config.moeLayerOffset());
        values.put("expert_activation", config.expertActivation().jsonName());
        values.put("expert_gated", config.expertGated());
        values.put("capacity_factor", SharedKeys.orNull(config.capacityFactor()));
        values.put("second_expert_policy", config.secondExpertPolicy().jsonName());
        values.put("second_expert_threshold", config.secondExpertThreshold());
        values.put("normalize_gates_before_capacity", config.normalizeGatesBeforeCapacity());
        values.put("aux_loss_coef", config.auxLossCoef());
        values.put("z_loss_coef", config.zLossCoef());
        putUnlessZero(GlamJsonReader.ROUTER_Z_LOSS, config.routerZLossCoef(), values);
        putUnlessZero(GlamJsonReader.ROUTER_JITTER, config.routerJitterNoise(), values);
    }

    /** The reference has no such key. */
    private static void putUnlessZero(String key, double number, Map<String, Object> values) {
        if (number != 0) {
            values.put(key, number);
        }
    }
}
