package io.github.lapidary.model;

import io.github.lapidary.config.GlamConfig;
import io.github.lapidary.config.GlamConfig.ExpertActivation;
import io.github.lapidary.config.GlamConfig.SecondExpertPolicy;
import io.github.lapidary.config.SpecialTokens;
import io.github.lapidary.nn.BlockContract;
import io.github.lapidary.nn.KernelBlock;
import java.util.List;
import java.util.OptionalDouble;

class GlamSparseLayerTest extends BlockContract {

    @Override
    protected KernelBlock newBlock() {
        return new GlamLayer(config(8, 0), true);
    }

    @Override
    protected KernelBlock newBlockOfOtherShape() {
        return new GlamLayer(config(9, 0), true);
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
                   moe: ExpertFeedForward
                       gate: ExpertGate(2 of 4) weight(4, 6)
                       experts: Experts(4, relu) wi(4, 8, 6) wo(4, 6, 8)""";
    }

    static GlamConfig config(int moeIntermediateSize, double auxLossCoef) {
        return new GlamConfig(
                640,
                6,
                12,
                moeIntermediateSize,
                2,
                2,
                4,
                4,
                2,
                1,
                ExpertActivation.RELU,
                false,
                1e-6,
                0.5,
                OptionalDouble.of(0),
                8,
                20,
                false,
                true,
                256,
                OptionalDouble.empty(),
                SecondExpertPolicy.ALL,
                0,
                true,
                auxLossCoef,
                0,
                0,
                0,
                new SpecialTokens(2, List.of(1), 0));
    }
}
