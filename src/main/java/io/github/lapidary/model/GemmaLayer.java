package io.github.lapidary.model;

import io.github.lapidary.config.GemmaConfig;
import io.github.lapidary.config.LayerKind;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.nn.AttentionConfig;
import io.github.lapidary.nn.DecoderLayer;
import io.github.lapidary.nn.GatedFeedForward;
import io.github.lapidary.nn.GroupedQueryAttention;
import io.github.lapidary.nn.RmsNorm;
import io.github.lapidary.nn.TokenMixer;
import java.util.OptionalInt;

/**
 * A layer of Gemma: attention, then a gated feed-forward, each normed and added to the residual
 * stream.
 *
 * <p>Gemma 1 norms what goes in; Gemma 2 and 3 also what comes out; Gemma 3 also queries and keys.
 *
 * @see <a href="https://arxiv.org/abs/2403.08295">Gemma</a>
 * @see <a href="https://arxiv.org/abs/2408.00118">Gemma 2</a>
 * @see <a href="https://arxiv.org/abs/2503.19786">Gemma 3</a>
 */
public final class GemmaLayer extends DecoderLayer {

    private final GroupedQueryAttention attention;
    private final KernelMethod layer;

    /** Makes a layer of the kind given. */
    public GemmaLayer(GemmaConfig config, LayerKind kind) {
        boolean postNorms = config.version().hasPostNorms();
        addNorm("input_layernorm", config);
        attention = addChildBlock("self_attn", new GroupedQueryAttention(attention(config, kind)));
        addNorm("post_attention_layernorm", config);
        if (postNorms) {
            addNorm("pre_feedforward_layernorm", config);
        }
        addChildBlock("mlp", new GatedFeedForward(config.hiddenSize(), config.intermediateSize()));
        if (postNorms) {
            addNorm("post_feedforward_layernorm", config);
        }
        layer = rows(attention.method(kernel(config.version()), weightGroups()));
    }

    private void addNorm(String name, GemmaConfig config) {
        addChildBlock(name, new RmsNorm(config.hiddenSize(), config.rmsNormEps()));
    }

    private static String kernel(GemmaConfig.Version version) {
        return switch (version) {
            case GEMMA -> "gemma.layer1";
            case GEMMA2 -> "gemma.layer2";
            case GEMMA3 -> "gemma.layer3";
        };
    }

    private static AttentionConfig attention(GemmaConfig config, LayerKind kind) {
        boolean sliding = kind == LayerKind.SLIDING_ATTENTION;
        return new AttentionConfig(
                config.hiddenSize(),
                config.numAttentionHeads(),
                config.numKeyValueHeads(),
                config.headDim(),
                1 / Math.sqrt(config.queryPreAttnScalar()),
                sliding ? config.slidingWindow() : OptionalInt.empty(),
                config.attnLogitSoftcapping(),
                sliding ? config.slidingRotary() : config.fullRotary(),
                config.version().hasQueryKeyNorms(),
                false,
                config.rmsNormEps(),
                config.maxPositionEmbeddings());
    }

    @Override
    protected TokenMixer mixer() {
        return attention;
    }

    @Override
    protected KernelMethod layer() {
        return layer;
    }
}
