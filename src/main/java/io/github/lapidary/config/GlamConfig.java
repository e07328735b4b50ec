package io.github.lapidary.config;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * The numbers of a GLaM model, where some layers have experts behind a gate, of which each token
 * takes two, instead of one feed-forward.
 *
 * <p>See <a href="https://arxiv.org/abs/2112.06905">Du et al. 2021</a>. Without experts it is the
 * dense model that the paper compares with.
 *
 * <p>No number has to be a multiple of another: layers beyond the last whole run of moeLayerFreq
 * are sparse by the same rule, heads have a size of their own, and experts are matrices of their
 * own, of which every sparse layer has as many as numExperts; a checkpoint with others is refused.
 *
 * @param vocabSize rows of the embedding, which is also the output matrix
 * @param hiddenSize width of the residual stream
 * @param intermediateSize width inside the gated feed-forward of dense layers
 * @param moeIntermediateSize width inside an expert
 * @param numHiddenLayers how many layers there are
 * @param numAttentionHeads heads of queries, keys and values
 * @param headDim elements of a head
 * @param numExperts the experts of a sparse layer, at least two; 0 if all layers are dense
 * @param moeLayerFreq one of so many layers is sparse
 * @param moeLayerOffset the first layer that is sparse if any is, below moeLayerFreq
 * @param expertActivation what an expert applies to its inner rows
 * @param expertGated whether an expert has a gate as dense layers do, that is three matrices
 * @param rmsNormEps what RMSNorm adds to the mean square
 * @param attentionScale attention scores are multiplied by it
 * @param attentionExtraLogit one more score, without a value, in each softmax of attention
 * @param relativeAttentionNumBuckets rows of the table of what is added to scores by distance
 * @param relativeAttentionMaxDistance from this distance on all share the last bucket
 * @param scaleEmbeddings whether embeddings are multiplied by the root of hiddenSize
 * @param scaleDecoderOutputs whether the last rows are divided by the root of hiddenSize
 * @param maxPositionEmbeddings the longest context in tokens
 * @param capacityFactor bounds the tokens of an expert in training, in multiples of a fair share
 * @param secondExpertPolicy which tokens go to their second expert in training
 * @param secondExpertThreshold with {@link SecondExpertPolicy#RANDOM}, the weight of a second
 *     expert from which on it is always taken
 * @param normalizeGatesBeforeCapacity whether the two weights are made to sum to 1 before an
 *     expert's capacity cuts tokens off, not after
 * @param auxLossCoef factor of the load-balancing loss
 * @param zLossCoef factor of the mean square of the logits' log-sum-exp in the loss
 * @param routerZLossCoef factor of the same of a gate's logits, for each sparse layer (<a
 *     href="https://arxiv.org/abs/2202.08906">Zoph et al. 2022, ST-MoE</a>)
 * @param routerJitterNoise in training, gates see each number of a token times one between 1 minus
 *     this and 1 plus this (<a href="https://arxiv.org/abs/2101.03961">Fedus et al. 2021, Switch
 *     Transformers</a>); below 1, and 0 for none
 * @param specialTokens the ids with a meaning of their own, all below vocabSize
 */
public record GlamConfig(
        int vocabSize,
        int hiddenSize,
        int intermediateSize,
        int moeIntermediateSize,
        int numHiddenLayers,
        int numAttentionHeads,
        int headDim,
        int numExperts,
        int moeLayerFreq,
        int moeLayerOffset,
        ExpertActivation expertActivation,
        boolean expertGated,
        double rmsNormEps,
        double attentionScale,
        OptionalDouble attentionExtraLogit,
        int relativeAttentionNumBuckets,
        int relativeAttentionMaxDistance,
        boolean scaleEmbeddings,
        boolean scaleDecoderOutputs,
        int maxPositionEmbeddings,
        OptionalDouble capacityFactor,
        SecondExpertPolicy secondExpertPolicy,
        double secondExpertThreshold,
        boolean normalizeGatesBeforeCapacity,
        double auxLossCoef,
        double zLossCoef,
        double routerZLossCoef,
        double routerJitterNoise,
        SpecialTokens specialTokens)
        implements ModelConfig {

    static final String MODEL_TYPE = "glam";

    /** How many experts a token takes. */
    static final int EXPERTS_PER_TOKEN = 2;

    // Far above the paper's 3072. Each expert is a few names, so that the bound is one of memory.
    private static final int MAX_EXPERTS_OF_MODEL = 1 << 17;

    // What a layer's feed-forward may have in other families, so that no sum passes a long.
    private static final long MAX_ELEMENTS = 1L << 48;

    /** What an expert applies to its inner rows. */
    public enum ExpertActivation {
        /** Negative numbers become 0. */
        RELU("relu"),
        /** The Gaussian error linear unit in its form with tanh. */
        GELU_PYTORCH_TANH("gelu_pytorch_tanh"),
        /** The number times its logistic function. */
        SILU("silu");

        private final String jsonName;

        ExpertActivation(String jsonName) {
            this.jsonName = jsonName;
        }

        /** Returns the name in config.json. */
        public String jsonName() {
            return jsonName;
        }

        static Optional<ExpertActivation> ofJsonName(String name) {
            return Stream.of(values()).filter(value -> value.jsonName.equals(name)).findFirst();
        }
    }

    /** Which tokens go to their second expert in training. */
    public enum SecondExpertPolicy {
        /** All of them. */
        ALL("all"),
        /** Each with a chance of the second expert's weight over the threshold. */
        RANDOM("random");

        private final String jsonName;

        SecondExpertPolicy(String jsonName) {
            this.jsonName = jsonName;
        }

        /** Returns the name in config.json. */
        public String jsonName() {
            return jsonName;
        }

        static Optional<SecondExpertPolicy> ofJsonName(String name) {
            return Stream.of(values()).filter(value -> value.jsonName.equals(name)).findFirst();
        }
    }

    /**
     * Checks ranges and how the numbers go together.
     *
     * @throws IllegalArgumentException naming the number, what was expected and what was found
     */
    public GlamConfig {
        ConfigCheck.size("vocabSize", vocabSize);
        ConfigCheck.size("hiddenSize", hiddenSize);
        ConfigCheck.size("intermediateSize", intermediateSize);
        ConfigCheck.size("moeIntermediateSize", moeIntermediateSize);
        ConfigCheck.layerCount("numHiddenLayers", numHiddenLayers);
        ConfigCheck.heads(numAttentionHeads, numAttentionHeads, headDim);
        checkExperts(numExperts, numHiddenLayers, (long) hiddenSize * moeIntermediateSize);
        checkSparseLayers(numExperts, moeLayerFreq, moeLayerOffset, numHiddenLayers);
        ConfigCheck.positive("rmsNormEps", rmsNormEps);
        ConfigCheck.positive("attentionScale", attentionScale);
        attentionExtraLogit.ifPresent(logit -> ConfigCheck.finite("attentionExtraLogit", logit));
        checkBuckets(relativeAttentionNumBuckets, relativeAttentionMaxDistance);
        ConfigCheck.size("maxPositionEmbeddings", maxPositionEmbeddings);
        capacityFactor.ifPresent(factor -> ConfigCheck.positive("capacityFactor", factor));
        ConfigCheck.notBelowZero("secondExpertThreshold", secondExpertThreshold);
        ConfigCheck.notBelowZero("auxLossCoef", auxLossCoef);
        ConfigCheck.notBelowZero("zLossCoef", zLossCoef);
        ConfigCheck.notBelowZero("routerZLossCoef", routerZLossCoef);
        ConfigCheck.that(
                routerJitterNoise >= 0 && routerJitterNoise < 1,
                "routerJitterNoise",
                "0 or more, below 1",
                routerJitterNoise);
        ConfigCheck.tokens(specialTokens, vocabSize);
    }

    @Override
    public String modelType() {
        return MODEL_TYPE;
    }

    /** Returns full attention for every layer. */
    @Override
    public List<LayerKind> layerKinds() {
        return Collections.nCopies(numHiddenLayers, LayerKind.FULL_ATTENTION);
    }

    /** Returns nothing: no layer slides. */
    @Override
    public OptionalInt slidingWindow() {
        return OptionalInt.empty();
    }

    /** Returns nothing: the logits have no bound. */
    @Override
    public OptionalDouble finalLogitSoftcapping() {
        return OptionalDouble.empty();
    }

    /**
     * Returns whether a layer has experts.
     *
     * @param layer counted from 0
     */
    public boolean isSparse(int layer) {
        return numExperts > 0 && layer % moeLayerFreq == moeLayerOffset;
    }

    /**
     * Returns this configuration with experts of the form that its dense layers have.
     *
     * @throws IllegalArgumentException as the constructor does
     */
    public GlamConfig withExperts(int experts, int layerFreq, int layerOffset) {
        return new GlamConfig(
                vocabSize,
                hiddenSize,
                intermediateSize,
                intermediateSize,
                numHiddenLayers,
                numAttentionHeads,
                headDim,
                experts,
                layerFreq,
                layerOffset,
                ExpertActivation.GELU_PYTORCH_TANH,
                true,
                rmsNormEps,
                attentionScale,
                attentionExtraLogit,
                relativeAttentionNumBuckets,
                relativeAttentionMaxDistance,
                scaleEmbeddings,
                scaleDecoderOutputs,
                maxPositionEmbeddings,
                capacityFactor,
                secondExpertPolicy,
                secondExpertThreshold,
                normalizeGatesBeforeCapacity,
                auxLossCoef,
                zLossCoef,
                routerZLossCoef,
                routerJitterNoise,
                specialTokens);
    }

    @Override
    public Map<String, Object> jsonValues() {
        return GlamJsonWriter.values(this);
    }

    private static void checkExperts(int numExperts, int numHiddenLayers, long elements) {
        ConfigCheck.that(
                numExperts == 0 || numExperts >= EXPERTS_PER_TOKEN,
                "numExperts",
                "at least 2, of which each token takes two, or 0 for a dense model",
                numExperts);
        ConfigCheck.that(
                (long) numExperts * numHiddenLayers <= MAX_EXPERTS_OF_MODEL,
                "numExperts * numHiddenLayers",
                "at most " + MAX_EXPERTS_OF_MODEL,
                (long) numExperts * numHiddenLayers);
        ConfigCheck.that(
                numExperts <= MAX_ELEMENTS / elements,
                "numExperts * moeIntermediateSize * hiddenSize",
                "at most " + MAX_ELEMENTS,
                numExperts + " * " + elements);
    }

    private static void checkSparseLayers(
            int numExperts, int moeLayerFreq, int moeLayerOffset, int numHiddenLayers) {
        ConfigCheck.that(moeLayerFreq >= 1, "moeLayerFreq", "1 or more", moeLayerFreq);
        ConfigCheck.that(
                moeLayerOffset >= 0 && moeLayerOffset < moeLayerFreq,
                "moeLayerOffset",
                "0 to moeLayerFreq - 1, which is " + (moeLayerFreq - 1),
                moeLayerOffset);
        ConfigCheck.that(
                numExperts == 0 || moeLayerOffset < numHiddenLayers,
                "moeLayerOffset",
                "one of the " + numHiddenLayers + " layers, since there are experts",
                moeLayerOffset);
    }

    private static void checkBuckets(int buckets, int maxDistance) {
        ConfigCheck.size("relativeAttentionNumBuckets", buckets);
        ConfigCheck.size("relativeAttentionMaxDistance", maxDistance);
        ConfigCheck.that(buckets >= 2, "relativeAttentionNumBuckets", "2 or more", buckets);
        ConfigCheck.that(
                maxDistance > buckets / 2,
                "relativeAttentionMaxDistance",
                "more than half of relativeAttentionNumBuckets, which is " + buckets,
                maxDistance);
    }
}
