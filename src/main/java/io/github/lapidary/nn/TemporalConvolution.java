package io.github.lapidary.nn;

import ai.djl.ndarray.types.Shape;
import ai.djl.training.initializer.Initializer;
import ai.djl.training.initializer.NormalInitializer;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.state.RecurrentState;
import java.util.List;

/**
 * A causal convolution of each channel c along the sequence, [B, T, W] to [B, T, W], in float32:
 *
 * <pre>
 * y_t,c = bias_c + Σ_d weight_c,d · x_(t−D+1+d),c          d from 0 to D − 1
 * </pre>
 *
 * <p>What lies before the sequence is zero. Griffin's sees D = 4 tokens. The last tap is for the
 * token itself. Its state is the last D − 1 inputs.
 *
 * @see <a href="https://arxiv.org/abs/2402.19427">De et al., Griffin</a>
 * @see <a href="https://arxiv.org/abs/2404.07839">Botev et al., RecurrentGemma</a>
 */
public final class TemporalConvolution extends RecurrentBlock {

    private final int channels;
    private final int width;
    private final KernelMethod convolution;

    /**
     * Makes the block; its weight [W, 1, D] starts with a variance of 0.01 / D, its bias [W] at
     * zero.
     *
     * @param channels W
     * @param width D, how many tokens an output sees, its own among them
     * @throws IllegalArgumentException if the width is less than 1
     */
    public TemporalConvolution(int channels, int width) {
        if (width < 1) {
            throw new IllegalArgumentException(
                    "A convolution must see at least 1 token, not " + width + ".");
        }
        this.channels = channels;
        this.width = width;
        addParameter(
                KernelParameters.weight(
                        "weight",
                        new Shape(channels, 1, width),
                        new NormalInitializer((float) Math.sqrt(0.01 / width))));
        addParameter(KernelParameters.weight("bias", new Shape(channels), Initializer.ZEROS));
        convolution = method("recurrent.convolution_alone", weightGroups()).build();
    }

    @Override
    protected KernelMethod alone() {
        return convolution;
    }

    @Override
    List<RecurrentState.Part> stateParts() {
        return List.of(new RecurrentState.Part("conv", format(), new Shape(width - 1L, channels)));
    }
}
