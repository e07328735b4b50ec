package io.github.lapidary.model;

import io.github.lapidary.nn.BlockContract;
import io.github.lapidary.nn.KernelBlock;

class GlamDenseLayerTest extends BlockContract {

    @Override
    protected KernelBlock newBlock() {
        return new GlamLayer(GlamSparseLayerTest.config(8, 0), false);
    }

    @Override
    protected KernelBlock newBlockOfOtherShape() {
        return new GlamLayer(GlamSparseLayerTest.config(8, 0), true);
    }

    @Override
    protected String description() {
        return """
               GlamLayer
                   input_layernorm: RmsNorm weight(6)
                   self_attn: RelativeAttention(2 heads of 4)
                       qkv_proj: Linear weight(24, 6)
                       o_proj: Linear weight(6, 8)
                       relative_attention_bias: RelativePositionBias weight(8, 2)
                   post_attention_layernorm: RmsNorm weight(6)
                   mlp: GatedFeedForward
                       gate_proj: Linear weight(12, 6)
                       up_proj: Linear weight(12, 6)
                       down_proj: Linear weight(6, 12)""";
    }
}
