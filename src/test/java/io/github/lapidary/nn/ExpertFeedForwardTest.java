package io.github.lapidary.nn;

import io.github.lapidary.config.GlamConfig.ExpertActivation;

class ExpertFeedForwardTest extends BlockContract {

    @Override
    protected KernelBlock newBlock() {
        return block(8, false);
    }

    @Override
    protected KernelBlock newBlockOfOtherShape() {
        return block(8, true);
    }

    @Override
    protected String description() {
        return """
               ExpertFeedForward
                   gate: ExpertGate(2 of 4) weight(4, 6)
                   experts: Experts(4, gelu_pytorch_tanh) wi(4, 8, 6) wo(4, 6, 8)""";
    }

    private static ExpertFeedForward block(int intermediateSize, boolean gated) {
        return new ExpertFeedForward(
                GateConfig.of(6, 4), intermediateSize, ExpertActivation.GELU_PYTORCH_TANH, gated);
    }
}
