package io.github.lapidary.config;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * The numbers of a RecurrentGemma model, whose layers mix tokens by a recurrence or by attention
 * over a window.
 *
 * @param vocabSize rows of the embedding, which is also the output matrix
 * @param hiddenSize width of the residual stream
 * @param intermediateSize twice the width inside the gated feed-forward; even
 * @param numAttentionHeads query heads, a multiple of numKeyValueHeads; the gates of the recurrence
 *     have as many blocks
 * @param numKeyValueHeads heads of keys and values
 * @param headDim elements of a head
 * @param layerKinds the layer plan, first layer first: recurrent or sliding
 * @param lruWidth width of the recurrence, a multiple of numAttentionHeads
 * @param conv1dWidth tokens that the convolution before the recurrence sees, the own among them
 * @param attentionWindowSize W, the keys that a query sees, its own among them
 * @param attentionWindowExcludesSelf whether a query sees its own key besides the W, as in
 *     DeepMind's code; not so in transformers
 * @param rmsNormEps what RMSNorm adds to the mean square
 * @param logitsSoftCap bound that tanh keeps logits within
 * @param rotary rotary embedding of the attention layers
 * @param specialTokens the ids with a meaning of their own, all below vocabSize
 */
public record RecurrentGemmaConfig(
        int vocabSize,
        int hiddenSize,
        int intermediateSize,
        int numAttentionHeads,
        int numKeyValueHeads,
        int headDim,
        List<LayerKind> layerKinds,
        int lruWidth,
        int conv1dWidth,
        int attentionWindowSize,
        boolean attentionWindowExcludesSelf,
        double rmsNormEps,
        double logitsSoftCap,
        RotaryConfig rotary,
        SpecialTokens specialTokens)
        implements ModelConfig {

    static final String MODEL_TYPE = "recurrent_gemma";

    /**
     * Checks ranges and how the numbers go together.
     *
     * @throws IllegalArgumentException naming the number, what was expected and what was found
     */
    public RecurrentGemmaConfig {
        layerKinds = List.copyOf(layerKinds);
        ConfigCheck.size("vocabSize", vocabSize);
        ConfigCheck.size("hiddenSize", hiddenSize);
        ConfigCheck.size("intermediateSize", intermediateSize);
        ConfigCheck.that(
                intermediateSize % 2 == 0, "intermediateSize", "an even number", intermediateSize);
        ConfigCheck.heads(numAttentionHeads, numKeyValueHeads, headDim);
        ConfigCheck.layerCount("number of layerKinds", layerKinds.size());
        ConfigCheck.that(
                !layerKinds.contains(LayerKind.FULL_ATTENTION),
                "layerKinds",
                "no layer with full attention",
                layerKinds);
        ConfigCheck.size("lruWidth", lruWidth);
        ConfigCheck.that(
                lruWidth % numAttentionHeads == 0,
                "lruWidth",
                "a multiple of numAttentionHeads, which is " + numAttentionHeads,
                lruWidth);
        ConfigCheck.size("conv1dWidth", conv1dWidth);
        ConfigCheck.size("attentionWindowSize", attentionWindowSize);
        ConfigCheck.positive("rmsNormEps", rmsNormEps);
        ConfigCheck.positive("logitsSoftCap", logitsSoftCap);
        rotary.rotatedDim(headDim); // or it throws
        ConfigCheck.tokens(specialTokens, vocabSize);
    }

    @Override
    public String modelType() {
        return MODEL_TYPE;
    }

    /** Returns {@link #UNLIMITED}, since the state never grows. */
    @Override
    public int maxPositionEmbeddings() {
        return UNLIMITED;
    }

    @Override
    public OptionalDouble finalLogitSoftcapping() {
        return OptionalDouble.of(logitsSoftCap);
    }

    @Override
    public OptionalInt slidingWindow() {
        return layerKinds.contains(LayerKind.SLIDING_ATTENTION)
                ? OptionalInt.of(visibleKeys())
                : OptionalInt.empty();
    }

    /** Returns how many keys a query sees, its own among them. */
    public int visibleKeys() {
        return attentionWindowSize + (attentionWindowExcludesSelf ? 1 : 0);
    }

    @Override
    public Map<String, Object> jsonValues() {
        return RecurrentGemmaJsonWriter.values(this);
    }
}
