package io.github.lapidary.model;

import io.github.lapidary.config.LayerKind;
import io.github.lapidary.config.RecurrentGemmaConfig;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.nn.AttentionConfig;
import io.github.lapidary.nn.DecoderLayer;
import io.github.lapidary.nn.GatedFeedForward;
import io.github.lapidary.nn.GroupedQueryAttention;
import io.github.lapidary.nn.RecurrentMixer;
import io.github.lapidary.nn.RmsNorm;
import io.github.lapidary.nn.TokenMixer;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * A layer of RecurrentGemma, which is one of Griffin: a recurrent mixer or attention over a window,
 * then a gated feed-forward, each normed before and added to the residual stream, [B, T, M] to [B,
 * T, M]:
 *
 * <pre>
 * h = x + temporal_block(temporal_pre_norm(x))
 * y = h + mlp_block(channel_pre_norm(h))
 * mlp_block(z) = down_proj(gelu(gate_proj z) · up_proj z)
 * </pre>
 *
 * <p>The temporal block is a {@link RecurrentMixer}, or a {@link GroupedQueryAttention} of the last
 * W tokens with rotary positions in half of each head; released models repeat recurrent, recurrent,
 * attention. {@code mlp_block} is half as wide as {@code intermediate_size} says.
 *
 * @see <a href="https://arxiv.org/abs/2402.19427">De et al., Griffin</a>
 * @see <a href="https://arxiv.org/abs/2404.07839">Botev et al., RecurrentGemma</a>
 */
public final class RecurrentGemmaLayer extends DecoderLayer {

    private final TokenMixer mixer;
    private final KernelMethod layer;

    /** Makes a layer of the kind given. */
    public RecurrentGemmaLayer(RecurrentGemmaConfig config, LayerKind kind) {
        boolean recurrent = kind == LayerKind.RECURRENT;
        addNorm("temporal_pre_norm", config);
        mixer =
                addChildBlock(
                        "temporal_block",
                        recurrent
                                ? recurrence(config)
                                : new GroupedQueryAttention(attention(config)));
        addNorm("channel_pre_norm", config);
        addChildBlock(
                "mlp_block",
                GatedFeedForward.withBiases(config.hiddenSize(), config.intermediateSize() / 2));
        layer =
                rows(
                        recurrent
                                ? mixer.method("griffin.recurrent", weightGroups())
                                        .literal(config.rmsNormEps())
                                        .recordedBy("griffin.recorded", "griffin.add_gradients")
                                : mixer.method("griffin.attention", weightGroups()));
    }

    private void addNorm(String name, RecurrentGemmaConfig config) {
        addChildBlock(name, new RmsNorm(config.hiddenSize(), config.rmsNormEps()));
    }

    private static RecurrentMixer recurrence(RecurrentGemmaConfig config) {
        return new RecurrentMixer(
                config.hiddenSize(),
                config.lruWidth(),
                config.numAttentionHeads(),
                config.conv1dWidth());
    }

    private static AttentionConfig attention(RecurrentGemmaConfig config) {
        return new AttentionConfig(
                config.hiddenSize(),
                config.numAttentionHeads(),
                config.numKeyValueHeads(),
                config.headDim(),
                1 / Math.sqrt(config.headDim()),
                OptionalInt.of(config.visibleKeys()),
                OptionalDouble.empty(),
                config.rotary(),
                false,
                true,
                config.rmsNormEps(),
                config.maxPositionEmbeddings());
    }

    @Override
    protected TokenMixer mixer() {
        return mixer;
    }

    @Override
    protected KernelMethod layer() {
        return layer;
    }
}
