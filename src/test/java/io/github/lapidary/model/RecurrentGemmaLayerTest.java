package io.github.lapidary.model;

import io.github.lapidary.config.LayerKind;
import io.github.lapidary.config.RecurrentGemmaConfig;
import io.github.lapidary.config.RotaryConfig;
import io.github.lapidary.config.SpecialTokens;
import io.github.lapidary.nn.BlockContract;
import io.github.lapidary.nn.KernelBlock;
import java.util.List;

class RecurrentGemmaLayerTest extends BlockContract {

    static RecurrentGemmaConfig config(int intermediateSize, int conv1dWidth) {
        return new RecurrentGemmaConfig(
                640,
                6,
                intermediateSize,
                2,
                1,
                4,
                List.of(LayerKind.RECURRENT, LayerKind.SLIDING_ATTENTION),
                8,
                conv1dWidth,
                3,
                false,
                1e-6,
                30,
                new RotaryConfig(10_000, 1, 0.5),
                new SpecialTokens(2, List.of(1), 0));
    }

    @Override
    protected KernelBlock newBlock() {
        return new RecurrentGemmaLayer(config(16, 3), LayerKind.RECURRENT);
    }

    @Override
    protected KernelBlock newBlockOfOtherShape() {
        return new RecurrentGemmaLayer(config(20, 3), LayerKind.RECURRENT);
    }

    @Override
    protected String description() {
        return """
               RecurrentGemmaLayer
                   temporal_pre_norm: RmsNorm weight(6)
                   temporal_block: RecurrentMixer
                       linear_y: Linear weight(8, 6) bias(8)
                       linear_x: Linear weight(8, 6) bias(8)
                       conv_1d: TemporalConvolution weight(8, 1, 3) bias(8)
                       rg_lru: RgLru recurrent_param(8)
                           input_gate: BlockDiagonalLinear weight(2, 4, 4) bias(2, 4)
                           recurrent_gate: BlockDiagonalLinear weight(2, 4, 4) bias(2, 4)
                       linear_out: Linear weight(6, 8) bias(6)
                   channel_pre_norm: RmsNorm weight(6)
                   mlp_block: GatedFeedForward
                       gate_proj: Linear weight(8, 6) bias(8)
                       up_proj: Linear weight(8, 6) bias(8)
                       down_proj: Linear weight(6, 8) bias(6)""";
    }
}
