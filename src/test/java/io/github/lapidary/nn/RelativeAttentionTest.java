package io.github.lapidary.nn;

import java.util.OptionalDouble;

class RelativeAttentionTest extends BlockContract {

    @Override
    protected KernelBlock newBlock() {
        return block(4);
    }

    @Override
    protected KernelBlock newBlockOfOtherShape() {
        return block(6);
    }

    @Override
    protected String description() {
        return """
               RelativeAttention(2 heads of 4)
                   qkv_proj: Linear weight(24, 6)
                   o_proj: Linear weight(6, 8)
                   relative_attention_bias: RelativePositionBias weight(6, 2)""";
    }

    private static RelativeAttention block(int headDim) {
        return new RelativeAttention(
                new RelativeAttentionConfig(
                        6, 2, headDim, 0.5, OptionalDouble.of(0.3), 6, 20, 100));
    }
}
