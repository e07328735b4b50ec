package io.github.lapidary.model;

import io.github.lapidary.config.GemmaConfig;
import io.github.lapidary.config.GlamConfig;
import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.config.RecurrentGemmaConfig;
import io.github.lapidary.nn.DecoderLayer;
import io.github.lapidary.nn.RmsNorm;
import io.github.lapidary.nn.TokenEmbedding;
import java.util.List;
import java.util.stream.IntStream;

/** Assembles models, without weights, from their configurations. */
public final class Models {

    private Models() {}

    /** Returns a model of the configuration's family; its parameters have shapes, but no arrays. */
    public static CausalLanguageModel of(ModelConfig config) {
        if (config instanceof GemmaConfig gemma) {
            return gemma(gemma);
        }
        if (config instanceof RecurrentGemmaConfig recurrentGemma) {
            return recurrentGemma(recurrentGemma);
        }
        if (config instanceof GlamConfig glam) {
            return glam(glam);
        }
        throw new IllegalArgumentException("Unknown family: " + config.modelType());
    }

    private static CausalLanguageModel gemma(GemmaConfig config) {
        // The reference rounds the root to the type it computes in, float32 here.
        return assembled(
                config,
                (float) Math.sqrt(config.hiddenSize()),
                config.layerKinds().stream().map(kind -> new GemmaLayer(config, kind)).toList());
    }

    private static CausalLanguageModel recurrentGemma(RecurrentGemmaConfig config) {
        // The reference rounds the root to bfloat16, whatever type it computes in.
        return assembled(
                config,
                bfloat16(Math.sqrt(config.hiddenSize())),
                config.layerKinds().stream()
                        .map(kind -> new RecurrentGemmaLayer(config, kind))
                        .toList());
    }

    private static CausalLanguageModel glam(GlamConfig config) {
        float root = (float) Math.sqrt(config.hiddenSize());
        return new CausalLanguageModel(
                config,
                new TokenEmbedding(
                        config.vocabSize(),
                        config.hiddenSize(),
                        config.scaleEmbeddings() ? root : 1,
                        config.scaleDecoderOutputs() ? 1 / Math.sqrt(config.hiddenSize()) : 1,
                        0),
                IntStream.range(0, config.numHiddenLayers())
                        .mapToObj(i -> new GlamLayer(config, config.isSparse(i)))
                        .toList(),
                RmsNorm.plain(config.hiddenSize(), config.rmsNormEps()));
    }

    private static CausalLanguageModel assembled(
            ModelConfig config, double embeddingScale, List<? extends DecoderLayer> layers) {
        return new CausalLanguageModel(
                config,
                new TokenEmbedding(
                        config.vocabSize(),
                        config.hiddenSize(),
                        embeddingScale,
                        config.finalLogitSoftcapping().orElse(0)),
                layers,
                new RmsNorm(config.hiddenSize(), config.rmsNormEps()));
    }

    /** Returns the nearest number that bfloat16 has, of two the even one. */
    private static float bfloat16(double number) {
        int bits = Float.floatToIntBits((float) number);
        return Float.intBitsToFloat((bits + 0x7FFF + (bits >>> 16 & 1)) & 0xFFFF_0000);
    }
}
