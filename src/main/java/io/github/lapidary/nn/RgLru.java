package io.github.lapidary.nn;

import ai.djl.ndarray.types.Shape;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.state.RecurrentState;
import java.util.List;

/**
 * The real-gated linear recurrent unit, RG-LRU, [B, T, W] to [B, T, W] in float32:
 *
 * <pre>
 * r_t = σ(recurrent_gate(x_t))                      how much of the state is let go
 * i_t = σ(input_gate(x_t))                          how much of the input is taken in
 * a_t = exp(−8 · softplus(recurrent_param) · r_t)
 * h_t = a_t · h_(t−1) + √(1 − a_t²) · (i_t · x_t)
 * </pre>
 *
 * <p>A sequence's first token is {@code h_0 = i_0 · x_0}. The gates are block-diagonal. The state
 * is h, in float32 whatever the format of the weights. The root's gradient is held below 1000,
 * since at {@code a = 1} it has none.
 *
 * <p>A model that makes its loss from labels has a reverse pass of its own for the scan of h, with
 * recomputation or without. Where DJL's collector differentiates the block itself, used alone or
 * below logits, autograd goes through the scan token by token, which takes several times as long:
 * the text of a kernel cannot register a reverse pass with it.
 *
 * @see <a href="https://arxiv.org/abs/2402.19427">De et al., Griffin</a>
 * @see <a href="https://arxiv.org/abs/2404.07839">Botev et al., RecurrentGemma</a>
 */
public final class RgLru extends RecurrentBlock {

    /** The range in which a training starts a, as far as the gate lets all go. */
    private static final double SLOWEST = 0.999;

    private static final double FASTEST = 0.9;

    private final int width;
    private final KernelMethod rgLru;

    /**
     * Makes the block; recurrent_param starts where {@code exp(−softplus(recurrent_param))} lies
     * between 0.9 and 0.999.
     *
     * @param width W
     * @param heads the blocks of the gates
     * @throws IllegalArgumentException if the heads do not divide the width
     */
    public RgLru(int width, int heads) {
        if (heads < 1 || width % heads != 0) {
            throw new IllegalArgumentException(
                    "The width (" + width + ") must be a multiple of the heads (" + heads + ").");
        }
        this.width = width;
        addParameter(
                KernelParameters.weight(
                        "recurrent_param",
                        new Shape(width),
                        new DecayInitializer(FASTEST, SLOWEST)));
        int blockWidth = width / heads;
        addChildBlock("input_gate", new BlockDiagonalLinear(heads, blockWidth, blockWidth));
        addChildBlock("recurrent_gate", new BlockDiagonalLinear(heads, blockWidth, blockWidth));
        rgLru = method("recurrent.rg_lru_alone", weightGroups()).build();
    }

    @Override
    protected KernelMethod alone() {
        return rgLru;
    }

    @Override
    List<RecurrentState.Part> stateParts() {
        return List.of(
                new RecurrentState.Part("recurrent", WeightFormat.FLOAT32, new Shape(width)));
    }
}
