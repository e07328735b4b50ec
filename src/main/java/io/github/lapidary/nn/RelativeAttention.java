package io.github.lapidary.nn;

import io.github.lapidary.kernel.KernelCall;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.state.KeyValueCache;
import java.util.List;
import java.util.Optional;

/**
 * Causal self-attention that knows positions by a bias: {@code softmax(q·kᵀ · scale + bias[head,
 * distance]) · v}.
 *
 * <p>[B, T, M] to [B, T, M], each of the B rows a sequence from its start. The three inner products
 * are one matrix, {@code qkv_proj}: the rows of all heads of queries, then of keys, then of values.
 * Where configured, the softmax has one more score without a value, so that a query may attend to
 * nothing.
 *
 * @see <a href="https://arxiv.org/abs/2112.06905">Du et al., GLaM</a>
 * @see RelativePositionBias
 */
public final class RelativeAttention extends CachedAttention {

    private final RelativeAttentionConfig config;
    private final RelativePositionBias bias;
    private final KernelMethod attention;

    /** Makes the block. */
    public RelativeAttention(RelativeAttentionConfig config) {
        this.config = config;
        long inner = (long) config.numAttentionHeads() * config.headDim();
        addChildBlock("qkv_proj", new Linear(config.hiddenSize(), inner, inner, inner));
        addChildBlock("o_proj", new Linear(inner, (long) config.hiddenSize()));
        bias =
                addChildBlock(
                        "relative_attention_bias",
                        new RelativePositionBias(
                                config.numBuckets(),
                                config.maxDistance(),
                                config.numAttentionHeads()));
        attention = method("relative.attention_alone", weightGroups()).build();
    }

    @Override
    public KernelMethod.Builder method(String function, List<Integer> weightGroups) {
        return super.method(function, weightGroups)
                .tensor("buckets")
                .literal(config.numAttentionHeads())
                .literal(config.headDim())
                .literal(config.scale())
                .literal(config.extraLogit());
    }

    @Override
    protected KernelCall addTables(KernelCall call, Step step) {
        return call.tensor(step.buckets(bias));
    }

    @Override
    protected KernelMethod alone() {
        return attention;
    }

    @Override
    KeyValueCache.Layout cacheLayout(int chunk) {
        int context = config.maxPositionEmbeddings();
        return new KeyValueCache.Layout(
                config.numAttentionHeads(), config.headDim(), format(), context, chunk, context);
    }

    @Override
    protected Optional<String> describeDetails() {
        return Optional.of(config.numAttentionHeads() + " heads of " + config.headDim());
    }
}
