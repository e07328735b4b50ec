package io.github.lapidary.config;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/** The numbers that define a model, without its weights. */
public sealed interface ModelConfig permits GemmaConfig, RecurrentGemmaConfig, GlamConfig {

    /** The longest context of a model whose state never grows: as many tokens as can be counted. */
    int UNLIMITED = Integer.MAX_VALUE;

    /** Returns the {@code model_type} of config.json, such as {@code gemma2}. */
    String modelType();

    /** Returns the number of rows of the embedding; token ids are below it. */
    int vocabSize();

    /** Returns the width of the residual stream. */
    int hiddenSize();

    /** Returns {@code intermediate_size} of config.json, which each family counts in its way. */
    int intermediateSize();

    /** Returns the heads of queries. */
    int numAttentionHeads();

    /** Returns the elements of a head. */
    int headDim();

    /** Returns what RMSNorm adds to the mean square. */
    double rmsNormEps();

    /** Returns the longest context in tokens, {@link #UNLIMITED} if nothing limits it. */
    int maxPositionEmbeddings();

    /** Returns the layer plan, first layer first; it is immutable and not empty. */
    List<LayerKind> layerKinds();

    /**
     * Returns how many keys a token sees in a sliding layer, its own among them; empty if no layer
     * slides.
     */
    OptionalInt slidingWindow();

    /** Returns the number of layers. */
    default int numHiddenLayers() {
        return layerKinds().size();
    }

    /** Returns the bound that tanh keeps the logits within, if the model has one. */
    OptionalDouble finalLogitSoftcapping();

    /** Returns the factor of the mean square of the logits' log-sum-exp in the loss; 0 for none. */
    default double zLossCoef() {
        return 0;
    }

    /** Returns how many experts a layer has that has any; 0 if none does. */
    default int numExperts() {
        return 0;
    }

    /** Returns the ids with a meaning of their own. */
    SpecialTokens specialTokens();

    /**
     * Returns what config.json says of the model, but for special tokens and the type of its
     * weights.
     *
     * @return values as JSON has them, by the keys of config.json
     */
    Map<String, Object> jsonValues();
}
