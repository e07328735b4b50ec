package io.github.lapidary.cli;

import io.github.lapidary.checkpoint.ModelSize;
import io.github.lapidary.config.GlamConfig;
import io.github.lapidary.config.GlamConfig.ExpertActivation;
import io.github.lapidary.config.GlamConfig.SecondExpertPolicy;
import io.github.lapidary.config.SpecialTokens;
import java.util.List;
import java.util.OptionalDouble;

/**
 * A GLaM of eight layers, of which every other one has experts, or the dense model of the same work
 * a token.
 *
 * <p>As in the paper an expert is four times as wide as the stream. Dense layers are so wide that
 * the three matrices of one have as many elements as the two matrices of two experts and the gate
 * of {@link #EVEN} experts. So a token is multiplied with as many parameters in all these models,
 * but for gates of more or fewer experts.
 *
 * @param hiddenSize a multiple of {@link #HEAD_DIM}
 * @param experts of a sparse layer, at least two; 0 if all layers are dense
 */
record ExpertsShape(int hiddenSize, int experts) {

    /** Elements of a head. */
    static final int HEAD_DIM = 64;

    private static final int EVEN = 64;
    private static final int LAYERS = 8;
    private static final int VOCABULARY = 32_000; // small, so that layers are what is measured
    private static final int CONTEXT = 4096;

    /** Returns its name in lines. */
    String name() {
        return experts == 0 ? "glam-dense" : "glam-" + experts + "e";
    }

    /** Returns how many parameters it has, and with how many a token is multiplied. */
    ModelSize size() {
        return ModelSize.of(config());
    }

    private int expertSize() {
        return 4 * hiddenSize;
    }

    private int denseSize() {
        return Math.round((4 * expertSize() + EVEN) / 3f);
    }

    /** Returns the configuration; what tells nothing of speed is as in the presets. */
    GlamConfig config() {
        return new GlamConfig(
                VOCABULARY,
                hiddenSize,
                denseSize(),
                expertSize(),
                LAYERS,
                hiddenSize / HEAD_DIM,
                HEAD_DIM,
                experts,
                2,
                0,
                ExpertActivation.RELU,
                false,
                1e-6,
                1,
                OptionalDouble.of(0),
                32,
                128,
                false,
                true,
                CONTEXT,
                OptionalDouble.empty(),
                SecondExpertPolicy.ALL,
                0,
                true,
                0.01,
                1e-4,
                0,
                0,
                new SpecialTokens(2, List.of(1), 0));
    }
}
