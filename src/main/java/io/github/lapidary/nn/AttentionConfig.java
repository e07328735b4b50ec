package io.github.lapidary.nn;

import io.github.lapidary.config.RotaryConfig;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * The numbers of an attention block.
 *
 * @param hiddenSize M, the width of input and output
 * @param numAttentionHeads N, the query heads
 * @param numKeyValueHeads K, the heads of keys and values; a divisor of N
 * @param headDim H, the size of a head
 * @param scale what scores are multiplied by
 * @param slidingWindow how many keys a query sees, its own among them, so at least 1; empty for all
 * @param logitSoftcapping the bound that tanh keeps scores within
 * @param rotary the position embedding
 * @param queryKeyNorms whether queries and keys are normed
 * @param outputBias whether the last product has a bias
 * @param rmsNormEps what norms add to the mean square
 * @param maxPositionEmbeddings how many tokens a sequence has at most
 */
public record AttentionConfig(
        int hiddenSize,
        int numAttentionHeads,
        int numKeyValueHeads,
        int headDim,
        double scale,
        OptionalInt slidingWindow,
        OptionalDouble logitSoftcapping,
        RotaryConfig rotary,
        boolean queryKeyNorms,
        boolean outputBias,
        double rmsNormEps,
        int maxPositionEmbeddings) {

    /** Checks the sizes. */
    public AttentionConfig {
        if (numKeyValueHeads < 1 || numAttentionHeads % numKeyValueHeads != 0) {
            throw new IllegalArgumentException(
                    "The query heads ("
                            + numAttentionHeads
                            + ") must be a multiple of the key-value heads ("
                            + numKeyValueHeads
                            + ").");
        }
        if (slidingWindow.isPresent() && slidingWindow.getAsInt() < 1) {
            throw new IllegalArgumentException(
                    "A sliding window must hold at least 1 key, the query's own, not "
                            + slidingWindow.getAsInt()
                            + "; leave it empty for all keys.");
        }
        rotary.rotatedDim(headDim); // or it throws
    }
}
