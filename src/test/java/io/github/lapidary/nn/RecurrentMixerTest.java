package io.github.lapidary.nn;

class RecurrentMixerTest extends BlockContract {

    @Override
    protected KernelBlock newBlock() {
        return new RecurrentMixer(6, 8, 2, 3);
    }

    @Override
    protected KernelBlock newBlockOfOtherShape() {
        return new RecurrentMixer(6, 8, 4, 3);
    }

    @Override
    protected String description() {
        return """
               RecurrentMixer
                   linear_y: Linear weight(8, 6) bias(8)
                   linear_x: Linear weight(8, 6) bias(8)
                   conv_1d: TemporalConvolution weight(8, 1, 3) bias(8)
                   rg_lru: RgLru recurrent_param(8)
                       input_gate: BlockDiagonalLinear weight(2, 4, 4) bias(2, 4)
                       recurrent_gate: BlockDiagonalLinear weight(2, 4, 4) bias(2, 4)
                   linear_out: Linear weight(6, 8) bias(6)""";
    }
}
