package io.github.lapidary.nn;

import java.util.OptionalDouble;

/**
 * The numbers of an attention block with relative positions.
 *
 * @param hiddenSize M, the width of input and output
 * @param numAttentionHeads N, the heads of queries, keys and values
 * @param headDim H, the size of a head
 * @param scale what scores are multiplied by
 * @param extraLogit one more score in each softmax, which has no value
 * @param numBuckets B, how many different biases a head has
 * @param maxDistance the distance from which on all share the last bucket
 * @param maxPositionEmbeddings how many tokens a sequence has at most
 */
public record RelativeAttentionConfig(
        int hiddenSize,
        int numAttentionHeads,
        int headDim,
        double scale,
        OptionalDouble extraLogit,
        int numBuckets,
        int maxDistance,
        int maxPositionEmbeddings) {

    /** Checks the sizes. */
    public RelativeAttentionConfig {
        if (numAttentionHeads < 1 || headDim < 1) {
            throw new IllegalArgumentException(
                    "There must be heads of some size, not %d of %d."
                            .formatted(numAttentionHeads, headDim));
        }
        if (numBuckets < 2 || maxDistance <= numBuckets / 2) {
            throw new IllegalArgumentException(
                    "There must be two buckets or more, and a largest distance above half their"
                            + " number; found %d and %d.".formatted(numBuckets, maxDistance));
        }
    }
}
