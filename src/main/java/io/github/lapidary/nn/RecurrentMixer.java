package io.github.lapidary.nn;

import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.state.RecurrentState;
import java.util.List;
import java.util.stream.Stream;

/**
 * Griffin's recurrent mixer, [B, T, M] to [B, T, M]: two branches of width W, of which one is mixed
 * along the sequence and the other is its gate:
 *
 * <pre>
 * u = conv_1d(linear_x x)                     see {@link TemporalConvolution}
 * h = rg_lru(u)                               see {@link RgLru}
 * y = linear_out(h · gelu(linear_y x))
 * </pre>
 *
 * <p>GELU is its tanh form; the three products have biases. The state is that of the RG-LRU and
 * that of the convolution, and does not grow.
 *
 * @see <a href="https://arxiv.org/abs/2402.19427">De et al., Griffin</a>
 * @see <a href="https://arxiv.org/abs/2404.07839">Botev et al., RecurrentGemma</a>
 */
public final class RecurrentMixer extends RecurrentBlock {

    private final TemporalConvolution convolution;
    private final RgLru rgLru;
    private final KernelMethod mixer;

    /**
     * Makes the block.
     *
     * @param hiddenSize M, the width of input and output
     * @param lruWidth W, the width of the recurrence
     * @param heads the blocks of its gates, a divisor of W
     * @param conv1dWidth how many tokens the convolution sees
     */
    public RecurrentMixer(int hiddenSize, int lruWidth, int heads, int conv1dWidth) {
        addChildBlock("linear_y", Linear.withBias(hiddenSize, (long) lruWidth));
        addChildBlock("linear_x", Linear.withBias(hiddenSize, (long) lruWidth));
        convolution = addChildBlock("conv_1d", new TemporalConvolution(lruWidth, conv1dWidth));
        rgLru = addChildBlock("rg_lru", new RgLru(lruWidth, heads));
        addChildBlock("linear_out", Linear.withBias(lruWidth, (long) hiddenSize));
        mixer = method("recurrent.mixer_alone", weightGroups()).build();
    }

    @Override
    protected KernelMethod alone() {
        return mixer;
    }

    @Override
    List<RecurrentState.Part> stateParts() {
        return Stream.of(rgLru, convolution).flatMap(part -> part.stateParts().stream()).toList();
    }
}
