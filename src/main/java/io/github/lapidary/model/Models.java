package io.github.lapidary.model;

import io.github.lapidary.config.GemmaConfig;
import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.nn.RmsNorm;
import io.github.lapidary.nn.TokenEmbedding;

/** Assembles models, without weights, from their configurations. */
public final class Models {

    private Models() {}

    /** Returns a model of the configuration's family; its parameters have shapes, but no arrays. */
    public static CausalLanguageModel of(ModelConfig config) {
        if (config instanceof GemmaConfig gemma) {
            return gemma(gemma);
        }
        throw new IllegalArgumentException("Unknown family: " + config.modelType());
    }

    private static CausalLanguageModel gemma(GemmaConfig config) {
        return new CausalLanguageModel(
                config,
                new TokenEmbedding(
                        config.vocabSize(),
                        config.hiddenSize(),
                        // The reference rounds the root to the type it computes in, float32 here.
                        (float) Math.sqrt(config.hiddenSize()),
                        config.finalLogitSoftcapping().orElse(0)),
                config.layerKinds().stream().map(kind -> new GemmaLayer(config, kind)).toList(),
                new RmsNorm(config.hiddenSize(), config.rmsNormEps()));
    }
}
