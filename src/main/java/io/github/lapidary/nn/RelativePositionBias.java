package io.github.lapidary.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import io.github.lapidary.kernel.KernelCall;
import io.github.lapidary.kernel.KernelMethod;
import java.util.List;

/**
 * What each head of attention adds to a score for how far the key lies before the query.
 *
 * <p>Distances share B buckets: one for each of the first B / 2, and then ever wider ones, up to a
 * distance D from which on all share the last: {@code B/2 + ⌊ln(d / (B/2)) / ln(D / (B/2)) · B/2⌋}.
 * The weight [B, N] has the bias of each bucket and head.
 *
 * <p>Alone it takes distances [...] (int64, from 0 on) to biases [..., N].
 *
 * @see <a href="https://arxiv.org/abs/1910.10683">Raffel et al., T5</a>
 */
public final class RelativePositionBias extends KernelBlock {

    private final int heads;
    private final KernelMethod buckets;
    private final KernelMethod biases;

    /**
     * Makes the block; its weight starts with a standard deviation of 0.02.
     *
     * @param numBuckets B
     * @param maxDistance D, above B / 2
     * @param heads N
     */
    public RelativePositionBias(int numBuckets, int maxDistance, int heads) {
        this.heads = heads;
        addParameter(KernelParameters.normal("weight", new Shape(numBuckets, heads)));
        buckets =
                KernelMethod.of("relative.buckets")
                        .tensor("like")
                        .integers("length")
                        .literal(numBuckets)
                        .literal(maxDistance)
                        .build();
        biases =
                KernelMethod.of("relative.biases_alone")
                        .tensor("distance")
                        .weights("w", weightGroups())
                        .literal(numBuckets)
                        .literal(maxDistance)
                        .build();
    }

    /** Returns what decides its buckets; blocks of the same share them. */
    KernelMethod key() {
        return buckets;
    }

    @Override
    protected List<KernelMethod> methods() {
        return List.of(buckets, biases);
    }

    /**
     * Returns the buckets of distances, from the largest down to 0, as attention takes them.
     *
     * @param length how many there are
     * @param training whether autograd may have to save them
     */
    NDArray buckets(NDManager manager, long length, boolean training) {
        try (NDArray like = manager.create(0f)) {
            KernelCall call = call(buckets).tensor(like).integers(length);
            return training ? call.withoutGraph(manager) : call.run(manager);
        }
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore store,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        return output(apply(biases, store, single(inputs), training), training);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {inputShapes[0].add(heads)};
    }
}
