package io.github.lapidary.model;

import io.github.lapidary.config.GlamConfig;
import io.github.lapidary.config.GlamConfig.SecondExpertPolicy;
import io.github.lapidary.kernel.KernelCall;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.nn.DecoderLayer;
import io.github.lapidary.nn.ExpertFeedForward;
import io.github.lapidary.nn.GateConfig;
import io.github.lapidary.nn.GatedFeedForward;
import io.github.lapidary.nn.RelativeAttention;
import io.github.lapidary.nn.RelativeAttentionConfig;
import io.github.lapidary.nn.RmsNorm;
import io.github.lapidary.nn.Step;
import io.github.lapidary.nn.TokenMixer;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A layer of GLaM: attention with relative positions, then experts or a gated feed-forward, each
 * normed before and added to the residual stream.
 *
 * @see <a href="https://arxiv.org/abs/2112.06905">Du et al., GLaM</a>
 */
public final class GlamLayer extends DecoderLayer {

    // Each pass reads nearly all experts from memory, so that it should be for many tokens.
    private static final int CHUNK_OF_EXPERTS = 2048;

    private final RelativeAttention attention;
    private final Optional<ExpertFeedForward> experts;
    private final KernelMethod layer;

    /**
     * Makes a layer.
     *
     * @param sparse whether it has experts
     */
    public GlamLayer(GlamConfig config, boolean sparse) {
        addNorm("input_layernorm", config);
        attention = addChildBlock("self_attn", new RelativeAttention(attention(config)));
        addNorm("post_attention_layernorm", config);
        experts = sparse ? Optional.of(addChildBlock("moe", experts(config))) : Optional.empty();
        if (!sparse) {
            addChildBlock(
                    "mlp", new GatedFeedForward(config.hiddenSize(), config.intermediateSize()));
        }
        layer = rows(kernel(config));
    }

    private void addNorm(String name, GlamConfig config) {
        addChildBlock(name, RmsNorm.plain(config.hiddenSize(), config.rmsNormEps()));
    }

    private static RelativeAttentionConfig attention(GlamConfig config) {
        return new RelativeAttentionConfig(
                config.hiddenSize(),
                config.numAttentionHeads(),
                config.headDim(),
                config.attentionScale(),
                config.attentionExtraLogit(),
                config.relativeAttentionNumBuckets(),
                config.relativeAttentionMaxDistance(),
                config.maxPositionEmbeddings());
    }

    private static ExpertFeedForward experts(GlamConfig config) {
        boolean random = config.secondExpertPolicy() == SecondExpertPolicy.RANDOM;
        GateConfig gate =
                new GateConfig(
                        config.hiddenSize(),
                        config.numExperts(),
                        config.normalizeGatesBeforeCapacity(),
                        config.capacityFactor(),
                        random
                                ? OptionalDouble.of(config.secondExpertThreshold())
                                : OptionalDouble.empty(),
                        config.auxLossCoef(),
                        config.routerZLossCoef(),
                        config.routerJitterNoise());
        return new ExpertFeedForward(
                gate,
                config.moeIntermediateSize(),
                config.expertActivation(),
                config.expertGated());
    }

    private KernelMethod.Builder kernel(GlamConfig config) {
        KernelMethod.Builder method =
                attention.method(
                        experts.isPresent() ? "glam.sparse" : "glam.dense", weightGroups());
        method.literal(config.rmsNormEps());
        return experts.isPresent()
                ? experts.get().numbers(method).reversedBy("glam.sparse_gradients")
                : method;
    }

    @Override
    public int chunk() {
        return experts.isPresent() ? CHUNK_OF_EXPERTS : super.chunk();
    }

    @Override
    protected TokenMixer mixer() {
        return attention;
    }

    @Override
    protected KernelMethod layer() {
        return layer;
    }

    @Override
    protected KernelCall addRouting(KernelCall call, Step step, int index, long rows) {
        return experts.isPresent() ? experts.get().addRouting(call, step, index, rows) : call;
    }
}
