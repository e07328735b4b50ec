package io.github.lapidary.config;

import io.github.lapidary.config.GlamConfig.ExpertActivation;
import io.github.lapidary.config.GlamConfig.SecondExpertPolicy;
import io.github.lapidary.file.MalformedFileException;
import java.util.OptionalDouble;

/** Makes a {@link GlamConfig} of the keys of config.json. */
final class GlamJsonReader {

    static final String EXPERTS_PER_TOKEN = "num_experts_per_tok";
    static final String EXTRA_LOGIT = "attention_extra_logit";
    static final String ROUTER_Z_LOSS = "router_z_loss_coef";
    static final String ROUTER_JITTER = "router_jitter_noise";

    private GlamJsonReader() {}

    /**
     * Reads a config.
     *
     * @throws IllegalArgumentException if the record refuses a value
     */
    static GlamConfig read(ConfigJson json, SpecialTokens specialTokens)
            throws MalformedFileException {
        SupportedKeys.check(json);
        SupportedKeys.checkActivation(json, "hidden_act");
        checkExpertsPerToken(json);
        int intermediateSize = json.integer("intermediate_size");
        int numExperts = json.integer("num_experts");
        return new GlamConfig(
                json.integer("vocab_size"),
                json.integer("hidden_size"),
                intermediateSize,
                numExperts == 0 && !json.has("moe_intermediate_size")
                        ? intermediateSize
                        : json.integer("moe_intermediate_size"),
                json.integer("num_hidden_layers"),
                json.integer("num_attention_heads"),
                json.integer("head_dim"),
                numExperts,
                json.findInteger("moe_layer_freq").orElse(2),
                json.findInteger("moe_layer_offset").orElse(0),
                expertActivation(json),
                json.findTruth("expert_gated").orElse(false),
                json.number("rms_norm_eps"),
                json.findNumber("attention_scale").orElse(1),
                json.states(EXTRA_LOGIT) ? json.findNumber(EXTRA_LOGIT) : OptionalDouble.of(0),
                json.findInteger("relative_attention_num_buckets").orElse(32),
                json.findInteger("relative_attention_max_distance").orElse(128),
                json.findTruth("scale_embeddings").orElse(false),
                json.findTruth("scale_decoder_outputs").orElse(true),
                json.integer("max_position_embeddings"),
                json.findNumber("capacity_factor"),
                secondExpertPolicy(json),
                json.findNumber("second_expert_threshold").orElse(0),
                json.findTruth("normalize_gates_before_capacity").orElse(true),
                json.findNumber("aux_loss_coef").orElse(0.01),
                json.findNumber("z_loss_coef").orElse(1e-4),
                json.findNumber(ROUTER_Z_LOSS).orElse(0),
                json.findNumber(ROUTER_JITTER).orElse(0),
                specialTokens);
    }

    private static void checkExpertsPerToken(ConfigJson json) throws MalformedFileException {
        int chosen = json.findInteger(EXPERTS_PER_TOKEN).orElse(GlamConfig.EXPERTS_PER_TOKEN);
        if (chosen != GlamConfig.EXPERTS_PER_TOKEN) {
            throw json.problem(EXPERTS_PER_TOKEN, "only 2 is supported, found " + chosen + ".");
        }
    }

    private static ExpertActivation expertActivation(ConfigJson json)
            throws MalformedFileException {
        String key = "expert_activation";
        String name = json.findText(key).orElse(ExpertActivation.RELU.jsonName());
        return ExpertActivation.ofJsonName(name)
                .orElseThrow(
                        () ->
                                json.problem(
                                        key,
                                        "expected relu, gelu_pytorch_tanh or silu, found \""
                                                + name
                                                + "\"."));
    }

    private static SecondExpertPolicy secondExpertPolicy(ConfigJson json)
            throws MalformedFileException {
        String key = "second_expert_policy";
        String name = json.findText(key).orElse(SecondExpertPolicy.ALL.jsonName());
        return SecondExpertPolicy.ofJsonName(name)
                .orElseThrow(
                        () -> json.problem(key, "expected all or random, found \"" + name + "\"."));
    }
}
