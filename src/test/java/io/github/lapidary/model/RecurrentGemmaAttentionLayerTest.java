package io.github.lapidary.model;

import io.github.lapidary.config.LayerKind;
import io.github.lapidary.nn.BlockContract;
import io.github.lapidary.nn.KernelBlock;

class RecurrentGemmaAttentionLayerTest extends BlockContract {

    private static KernelBlock layer(int intermediateSize) {
        return new RecurrentGemmaLayer(
                RecurrentGemmaLayerTest.config(intermediateSize, 4), LayerKind.SLIDING_ATTENTION);
    }

    @Override
    protected KernelBlock newBlock() {
        return layer(16);
    }

    @Override
    protected KernelBlock newBlockOfOtherShape() {
        return layer(20);
    }

    @Override
    protected String description() {
        return """
               RecurrentGemmaLayer
                   temporal_pre_norm: RmsNorm weight(6)
                   temporal_block: GroupedQueryAttention(2 heads, 1 key-value heads of 4, window 3)
                       qkv_proj: Linear weight(16, 6)
                       o_proj: Linear weight(6, 8) bias(6)
                       rotary: RotaryEmbedding
                   channel_pre_norm: RmsNorm weight(6)
                   mlp_block: GatedFeedForward
                       gate_proj: Linear weight(8, 6) bias(8)
                       up_proj: Linear weight(8, 6) bias(8)
                       down_proj: Linear weight(6, 8) bias(6)""";
    }
}
