package io.github.lapidary.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import io.github.lapidary.config.GlamConfig.ExpertActivation;
import io.github.lapidary.kernel.KernelCall;
import io.github.lapidary.kernel.KernelMethod;
import java.util.List;

/**
 * A feed-forward network of many experts, of which each token takes two: {@code Σ gate_e(x) ·
 * expert_e(x)}, [..., M] to [..., M]. A second input may be a mask [B, T] of tokens [B, T, M]:
 * where it is 0 is padding, which takes no place at an expert and comes out as zero.
 *
 * <p>Tokens are sorted by expert, so each expert multiplies its own tokens at once, and those
 * without tokens cost nothing. Where experts have a capacity, a token that found no place at either
 * comes out as zero.
 *
 * @see ExpertGate
 * @see Experts
 * @see <a href="https://arxiv.org/abs/2112.06905">Du et al., GLaM</a>
 */
public final class ExpertFeedForward extends KernelBlock {

    private final ExpertGate gate;
    private final Experts experts;
    private final KernelMethod feedForward;
    private final KernelMethod feedForwardOfSome;

    /**
     * Makes the block.
     *
     * @param intermediateSize the inner width of an expert
     * @param gated whether an expert has three matrices
     */
    public ExpertFeedForward(
            GateConfig config, int intermediateSize, ExpertActivation activation, boolean gated) {
        gate = addChildBlock("gate", new ExpertGate(config));
        experts =
                addChildBlock(
                        "experts",
                        new Experts(
                                config.numExperts(),
                                config.hiddenSize(),
                                intermediateSize,
                                activation,
                                gated));
        feedForward = method(KernelMethod.of("experts.feed_forward_alone").tensor("x"));
        feedForwardOfSome =
                method(KernelMethod.of("experts.feed_forward_of_some").tensor("x").tensor("rows"));
    }

    private KernelMethod method(KernelMethod.Builder method) {
        return numbers(method.weights("w", weightGroups())).build();
    }

    /** Returns the gate. */
    public ExpertGate gate() {
        return gate;
    }

    /** Adds to the description of a layer's kernel this block's numbers, and what follows below. */
    public KernelMethod.Builder numbers(KernelMethod.Builder method) {
        return gate.numbers(experts.numbers(method));
    }

    /**
     * Adds to a call of such a kernel how its tokens are routed.
     *
     * @param index the layer's number
     * @param rows how many tokens the block is given
     */
    public KernelCall addRouting(KernelCall call, Step step, int index, long rows) {
        return step.routing().addTo(call, index, gate.config(), rows);
    }

    @Override
    protected List<KernelMethod> methods() {
        return List.of(feedForward, feedForwardOfSome);
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore store,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        LoneTokens tokens = LoneTokens.of(inputs);
        NDManager manager = tokens.x().getManager();
        try (NDManager scope = manager.newSubManager()) {
            KernelMethod method = tokens.areAll() ? feedForward : feedForwardOfSome;
            KernelCall call =
                    tokens.addTo(call(method), scope)
                            .weights(weights(store, tokens.x().getDevice(), training));
            tokens.routing(scope, training).addTo(call, 0, gate.config(), tokens.count());
            NDArray y =
                    GateFault.named(
                            () -> run(call, manager, training), (layer, row) -> tokens.name(row));
            return output(y, training);
        }
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {inputShapes[0]};
    }
}
