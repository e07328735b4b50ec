package io.github.lapidary.nn;

import io.github.lapidary.kernel.KernelCall;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.state.KeyValueCache;
import java.util.List;
import java.util.Optional;

/**
 * Causal self-attention whose query heads share key-value heads in groups, with rotary positions,
 * and where configured a sliding window, soft-capped scores and norms of queries and keys.
 *
 * <p>[B, T, M] to [B, T, M], each of the B rows a sequence from its start. The three inner products
 * are one matrix, {@code qkv_proj}: the rows of all query heads, then key heads, then value heads.
 * For token t and head n, whose keys and values are those of group g:
 *
 * <pre>
 * score_s = scale · (R_t q_t,n · R_s k_s,g)       R_p turns by position p, see {@link RotaryEmbedding}
 * score_s = cap · tanh(score_s / cap)             if scores are capped
 * z_t,n   = Σ_s softmax_s(score) · v_s,g          over t − W &lt; s ≤ t, or all s ≤ t without a window
 * y_t     = o_proj (z_t,1 … z_t,N)
 * </pre>
 *
 * <p>With a window W this is Griffin's local attention, and with one key-value head
 * RecurrentGemma's. W counts the token's own key; then its state is a ring that does not grow.
 *
 * @see <a href="https://arxiv.org/abs/2305.13245">Ainslie et al., GQA</a>
 * @see <a href="https://arxiv.org/abs/2402.19427">De et al., Griffin</a>
 * @see <a href="https://arxiv.org/abs/2404.07839">Botev et al., RecurrentGemma</a>
 */
public final class GroupedQueryAttention extends CachedAttention {

    private final AttentionConfig config;
    private final RotaryEmbedding rotary;
    private final KernelMethod attention;

    /** Makes the block. */
    public GroupedQueryAttention(AttentionConfig config) {
        this.config = config;
        long queries = (long) config.numAttentionHeads() * config.headDim();
        long keys = (long) config.numKeyValueHeads() * config.headDim();
        addChildBlock("qkv_proj", new Linear(config.hiddenSize(), queries, keys, keys));
        long outputs = config.hiddenSize();
        addChildBlock(
                "o_proj",
                config.outputBias()
                        ? Linear.withBias(queries, outputs)
                        : new Linear(queries, outputs));
        if (config.queryKeyNorms()) {
            addChildBlock("q_norm", new RmsNorm(config.headDim(), config.rmsNormEps()));
            addChildBlock("k_norm", new RmsNorm(config.headDim(), config.rmsNormEps()));
        }
        rotary = addChildBlock("rotary", new RotaryEmbedding(config.headDim(), config.rotary()));
        attention = method("attention.attention_alone", weightGroups()).build();
    }

    @Override
    public KernelMethod.Builder method(String function, List<Integer> weightGroups) {
        return super.method(function, weightGroups)
                .tensor("rope")
                .literal(config.numAttentionHeads())
                .literal(config.numKeyValueHeads())
                .literal(config.headDim())
                .literal(config.slidingWindow().orElse(0))
                .literal(config.scale())
                .literal(config.logitSoftcapping().orElse(0))
                .literal(config.rmsNormEps());
    }

    @Override
    protected KernelCall addTables(KernelCall call, Step step) {
        return call.tensor(step.rope(rotary));
    }

    @Override
    protected KernelMethod alone() {
        return attention;
    }

    @Override
    KeyValueCache.Layout cacheLayout(int chunk) {
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
