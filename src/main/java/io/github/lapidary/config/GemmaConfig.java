package io.github.lapidary.config;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * The numbers of a Gemma model of the first, second or third version.
 *
 * @param version decides which norms a layer has
 * @param vocabSize rows of the embedding, which is also the output matrix
 * @param hiddenSize width of the residual stream
 * @param intermediateSize width inside the gated feed-forward
 * @param numAttentionHeads query heads, a multiple of numKeyValueHeads
 * @param numKeyValueHeads heads of keys and values
 * @param headDim elements of a head, even; not hiddenSize / numAttentionHeads
 * @param layerKinds the layer plan, first layer first
 * @param slidingWindow keys a sliding layer sees, the token's own among them; there if and only if
 *     a layer slides
 * @param queryPreAttnScalar attention scores are divided by its root; headDim in the first version
 * @param rmsNormEps what RMSNorm adds to the mean square
 * @param maxPositionEmbeddings the longest context in tokens
 * @param attnLogitSoftcapping bound that tanh keeps attention scores within
 * @param finalLogitSoftcapping bound that tanh keeps logits within
 * @param fullRotary rotary embedding of layers with full attention
 * @param slidingRotary rotary embedding of sliding layers; equal to fullRotary before the third
 *     version
 * @param specialTokens the ids with a meaning of their own, all below vocabSize
 */
public record GemmaConfig(
        Version version,
        int vocabSize,
        int hiddenSize,
        int intermediateSize,
        int numAttentionHeads,
        int numKeyValueHeads,
        int headDim,
        List<LayerKind> layerKinds,
        OptionalInt slidingWindow,
        double queryPreAttnScalar,
        double rmsNormEps,
        int maxPositionEmbeddings,
        OptionalDouble attnLogitSoftcapping,
        OptionalDouble finalLogitSoftcapping,
        RotaryConfig fullRotary,
        RotaryConfig slidingRotary,
        SpecialTokens specialTokens)
        implements ModelConfig {

    /** The versions of Gemma. */
    public enum Version {
        /** Gemma 1, 1.1 and CodeGemma. */
        GEMMA("gemma"),
        /** Gemma 2: sliding layers, soft caps, norms after attention and feed-forward too. */
        GEMMA2("gemma2"),
        /** The text model of Gemma 3: norms of queries and keys instead of a cap of the scores. */
        GEMMA3("gemma3_text");

        private final String modelType;

        Version(String modelType) {
            this.modelType = modelType;
        }

        /** Returns the {@code model_type} of config.json. */
        public String modelType() {
            return modelType;
        }

        /** Returns whether attention and feed-forward are also normed before they are added. */
        public boolean hasPostNorms() {
            return this != GEMMA;
        }

        /** Returns whether queries and keys are normed. */
        public boolean hasQueryKeyNorms() {
            return this == GEMMA3;
        }
    }

    /**
     * Checks ranges and how the numbers go together.
     *
     * @throws IllegalArgumentException naming the number, what was expected and what was found
     */
    public GemmaConfig {
        layerKinds = List.copyOf(layerKinds);
        ConfigCheck.size("vocabSize", vocabSize);
        ConfigCheck.size("hiddenSize", hiddenSize);
        ConfigCheck.size("intermediateSize", intermediateSize);
        ConfigCheck.size("maxPositionEmbeddings", maxPositionEmbeddings);
        checkKinds(layerKinds);
        ConfigCheck.heads(numAttentionHeads, numKeyValueHeads, headDim);
        ConfigCheck.that(headDim % 2 == 0, "headDim", "an even number", headDim);
        checkWindow(layerKinds, slidingWindow);
        ConfigCheck.positive("queryPreAttnScalar", queryPreAttnScalar);
        ConfigCheck.positive("rmsNormEps", rmsNormEps);
        attnLogitSoftcapping.ifPresent(cap -> ConfigCheck.positive("attnLogitSoftcapping", cap));
        finalLogitSoftcapping.ifPresent(cap -> ConfigCheck.positive("finalLogitSoftcapping", cap));
        ConfigCheck.tokens(specialTokens, vocabSize);
        checkRotary(version, fullRotary, slidingRotary);
        if (version == Version.GEMMA) {
            checkFirstVersion(layerKinds, queryPreAttnScalar, headDim);
            ConfigCheck.that(
                    attnLogitSoftcapping.isEmpty() && finalLogitSoftcapping.isEmpty(),
                    "soft caps of GEMMA",
                    "none",
                    attnLogitSoftcapping + " and " + finalLogitSoftcapping);
        }
    }

    @Override
    public String modelType() {
        return version.modelType();
    }

    @Override
    public Map<String, Object> jsonValues() {
        return GemmaJsonWriter.values(this);
    }

    private static void checkKinds(List<LayerKind> layerKinds) {
        ConfigCheck.layerCount("number of layerKinds", layerKinds.size());
        ConfigCheck.that(
                !layerKinds.contains(LayerKind.RECURRENT),
                "layerKinds",
                "layers with attention",
                layerKinds);
    }

    private static void checkRotary(Version version, RotaryConfig full, RotaryConfig sliding) {
        ConfigCheck.that(
                full.partialRotaryFactor() == 1 && sliding.partialRotaryFactor() == 1,
                "partialRotaryFactor",
                "1",
                full.partialRotaryFactor() + " and " + sliding.partialRotaryFactor());
        if (version != Version.GEMMA3) {
            ConfigCheck.that(
                    sliding.equals(full),
                    "slidingRotary of " + version,
                    "fullRotary, which is " + full,
                    sliding);
        }
    }

    private static void checkWindow(List<LayerKind> layerKinds, OptionalInt slidingWindow) {
        boolean slides = layerKinds.contains(LayerKind.SLIDING_ATTENTION);
        ConfigCheck.that(
                slides == slidingWindow.isPresent(),
                "slidingWindow",
                slides ? "a window, since layers slide" : "none, since no layer slides",
                slidingWindow);
        slidingWindow.ifPresent(window -> ConfigCheck.size("slidingWindow", window));
    }

    private static void checkFirstVersion(
            List<LayerKind> layerKinds, double queryPreAttnScalar, int headDim) {
        ConfigCheck.that(
                !layerKinds.contains(LayerKind.SLIDING_ATTENTION),
                "layerKinds of GEMMA",
                "no sliding layer",
                layerKinds);
        ConfigCheck.that(
                queryPreAttnScalar == headDim,
                "queryPreAttnScalar of GEMMA",
                "headDim, which is " + headDim,
                queryPreAttnScalar);
    }
}
