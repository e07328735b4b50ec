package io.github.lapidary.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** Makes the keys of config.json that all families have. */
final class SharedKeys {

    private SharedKeys() {}

    /**
     * Returns the keys, to which the family adds its own.
     *
     * @param architecture what transformers calls the family's class
     */
    static Map<String, Object> values(ModelConfig config, String architecture) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("architectures", List.of(architecture));
        values.put("model_type", config.modelType());
        values.put("vocab_size", config.vocabSize());
        values.put("hidden_size", config.hiddenSize());
        values.put("intermediate_size", config.intermediateSize());
        values.put("num_hidden_layers", config.numHiddenLayers());
        values.put("num_attention_heads", config.numAttentionHeads());
        values.put("head_dim", config.headDim());
        values.put("rms_norm_eps", config.rmsNormEps());
        values.put("attention_bias", false);
        values.put("tie_word_embeddings", true);
        return values;
    }

    static Double orNull(OptionalDouble value) {
        return value.isPresent() ? value.getAsDouble() : null;
    }
}
