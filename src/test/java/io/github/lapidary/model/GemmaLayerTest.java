package io.github.lapidary.model;

import io.github.lapidary.config.GemmaConfig;
import io.github.lapidary.config.LayerKind;
import io.github.lapidary.config.RotaryConfig;
import io.github.lapidary.config.SpecialTokens;
import io.github.lapidary.nn.BlockContract;
import io.github.lapidary.nn.KernelBlock;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;

class GemmaLayerTest extends BlockContract {

    private static GemmaLayer layer(int intermediateSize) {
        RotaryConfig rotary = new RotaryConfig(10_000, 1);
        GemmaConfig config =
                new GemmaConfig(
                        GemmaConfig.Version.GEMMA3,
                        20,
                        6,
                        intermediateSize,
                        2,
                        1,
                        4,
                        List.of(LayerKind.SLIDING_ATTENTION),
                        OptionalInt.of(3),
                        4,
                        1e-6,
                        100,
                        OptionalDouble.empty(),
                        OptionalDouble.empty(),
                        rotary,
                        rotary,
                        new SpecialTokens(2, List.of(1), 0));
        return new GemmaLayer(config, LayerKind.SLIDING_ATTENTION);
    }

    @Override
    protected KernelBlock newBlock() {
        return layer(8);
    }

    @Override
    protected KernelBlock newBlockOfOtherShape() {
        return layer(10);
    }

    @Override
    protected String description() {
        return """
               GemmaLayer
                   input_layernorm: RmsNorm weight(6)
                   self_attn: GroupedQueryAttention(2 heads, 1 key-value heads of 4, window 3)
                       qkv_proj: Linear weight(16, 6)
                       o_proj: Linear weight(6, 8)
                       q_norm: RmsNorm weight(4)
                       k_norm: RmsNorm weight(4)
                       rotary: RotaryEmbedding
                   post_attention_layernorm: RmsNorm weight(6)
                   pre_feedforward_layernorm: RmsNorm weight(6)
                   mlp: GatedFeedForward
                       gate_proj: Linear weight(8, 6)
                       up_proj: Linear weight(8, 6)
                       down_proj: Linear weight(6, 8)
                   post_feedforward_layernorm: RmsNorm weight(6)""";
    }
}
