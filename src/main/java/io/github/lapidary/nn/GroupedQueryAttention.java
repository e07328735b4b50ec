package io.github.lapidary.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.state.KeyValueCache;
import io.github.lapidary.state.LayerState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Causal self-attention whose query heads share key-value heads in groups, with rotary positions,
 * and where configured a sliding window, soft-capped scores and norms of queries and keys.
 *
 * <p>[B, T, M] to [B, T, M], each of the B rows a sequence from its start. The three inner products
 * are one matrix, {@code qkv_proj}: the rows of all query heads, then key heads, then value heads.
 *
 * @see <a href="https://arxiv.org/abs/2305.13245">Ainslie et al., GQA</a>
 */
public final class GroupedQueryAttention extends KernelBlock {

    private final AttentionConfig config;
    private final RotaryEmbedding rotary;
    private final KernelMethod attention;

    /** Makes the block. */
    public GroupedQueryAttention(AttentionConfig config) {
        this.config = config;
        long queries = (long) config.numAttentionHeads() * config.headDim();
        long keys = (long) config.numKeyValueHeads() * config.headDim();
        addChildBlock("qkv_proj", new Linear(config.hiddenSize(), queries, keys, keys));
        addChildBlock("o_proj", new Linear(queries, (long) config.hiddenSize()));
        if (config.queryKeyNorms()) {
            addChildBlock("q_norm", new RmsNorm(config.headDim(), config.rmsNormEps()));
            addChildBlock("k_norm", new RmsNorm(config.headDim(), config.rmsNormEps()));
        }
        rotary = addChildBlock("rotary", new RotaryEmbedding(config.headDim(), config.rotary()));
        attention = method("attention.attention_alone", weightGroups());
    }

    /** Describes a kernel function that takes a layer's weights and this block's numbers. */
    public KernelMethod method(String function, List<Integer> weightGroups) {
        return KernelMethod.of(function)
                .tensor("x")
                .weights("w", weightGroups)
                .states("s")
                .integers("spans")
                .tensor("rope")
                .literal(config.numAttentionHeads())
                .literal(config.numKeyValueHeads())
                .literal(config.headDim())
                .literal(config.slidingWindow().orElse(0))
                .literal(config.scale())
                .literal(config.logitSoftcapping().orElse(0))
                .literal(config.rmsNormEps())
                .build();
    }

    /** Returns the position embedding. */
    public RotaryEmbedding rotary() {
        return rotary;
    }

    @Override
    protected List<KernelMethod> methods() {
        List<KernelMethod> methods = new ArrayList<>(KeyValueCache.methods());
        methods.add(attention);
        return methods;
    }

    /**
     * Makes an empty cache for one sequence.
     *
     * @param chunk how many tokens a pass brings at most
     */
    public LayerState newState(KernelModule module, NDManager manager, int chunk) {
        return new KeyValueCache(module, manager, cacheLayout(chunk));
    }

    /**
     * Returns the sizes of the cache of a sequence.
     *
     * @param chunk how many tokens a pass brings at most
     */
    public KeyValueCache.Layout cacheLayout(int chunk) {
        int context = config.maxPositionEmbeddings();
        return new KeyValueCache.Layout(
                config.numKeyValueHeads(),
                config.headDim(),
                format(),
                config.slidingWindow().orElse(context),
                chunk,
                context);
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore store,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDArray x = single(inputs);
        try (Step step = Step.whole(x, training)) {
            return output(
                    run(
                            call(attention)
                                    .tensor(x)
                                    .weights(weights(store, x.getDevice(), training))
                                    .states(step.states(0))
                                    .integers(step.spans(0))
                                    .tensor(step.rope(rotary)),
                            x.getManager(),
                            training),
                    training);
        }
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return inputShapes.clone();
    }

    @Override
    protected Optional<String> describeDetails() {
        return Optional.of(
                config.numAttentionHeads()
                        + " heads, "
                        + config.numKeyValueHeads()
                        + " key-value heads of "
                        + config.headDim()
                        + (config.slidingWindow().isPresent()
                                ? ", window " + config.slidingWindow().getAsInt()
                                : ""));
    }
}
