package io.github.lapidary.config;

import io.github.lapidary.file.MalformedFileException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the {@code text_config} of a multimodal Gemma 3 leaves out: the released checkpoints state
 * only what differs from the defaults of transformers' {@code Gemma3TextConfig}, which are these.
 *
 * <p>The sizes that every release states, hidden_size, intermediate_size and num_hidden_layers,
 * have no default here.
 */
final class Gemma3TextDefaults {

    private static final double FULL_THETA = 1_000_000;
    private static final double SLIDING_THETA = 10_000;

    private static final Map<String, Object> VALUES =
            Map.ofEntries(
                    Map.entry("model_type", "gemma3_text"),
                    Map.entry("vocab_size", 262_208L),
                    Map.entry("num_attention_heads", 8L),
                    Map.entry("num_key_value_heads", 4L),
                    Map.entry("head_dim", 256L),
                    Map.entry("hidden_activation", "gelu_pytorch_tanh"),
                    Map.entry("max_position_embeddings", 131_072L),
                    Map.entry("rms_norm_eps", 1e-6),
                    Map.entry("query_pre_attn_scalar", 256L),
                    Map.entry("sliding_window", 4096L),
                    Map.entry("bos_token_id", 2L),
                    Map.entry("eos_token_id", 1L));

    private Gemma3TextDefaults() {}

    static ConfigJson fillIn(ConfigJson text) throws MalformedFileException {
        Map<String, Object> defaults = new LinkedHashMap<>(VALUES);
        defaults.put("attn_logit_softcapping", null);
        defaults.put("final_logit_softcapping", null);
        if (!text.has("layer_types")) {
            defaults.put("sliding_window_pattern", 6L);
        }
        if (!text.has("rope_parameters")) {
            defaults.put("rope_theta", FULL_THETA);
            defaults.put("rope_local_base_freq", SLIDING_THETA);
            defaults.put("rope_scaling", null);
        }
        return text.withDefaults(defaults);
    }
}
