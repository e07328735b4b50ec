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
import java.util.Optional;

/**
 * A gate that weighs E experts for each token and leaves it two: {@code p = softmax(x · weightᵀ)}
 * in float32, of which the two largest are made to sum to 1. [..., M] to [..., E], zero but for the
 * two. A second input may be a mask [B, T] of tokens [B, T, M]: where it is 0 is padding, which
 * takes no place at an expert, has no share in the losses and comes out as zero.
 *
 * <p>In training each expert takes only so many tokens of a group, where configured. All first
 * choices come before all second ones, each in the order of the tokens; a choice that finds no
 * place is dropped, and its weight is zero. Used alone, the rows of [B, T, M] are groups. In
 * inference nothing is dropped, and the second expert is always taken.
 *
 * <p>A gate left to itself soon sends all tokens to a few experts. Against that stands the loss of
 * imbalance, {@code E² · mean(f · p̄)} over groups and experts, where f is the fraction of tokens
 * that chose an expert first, and p̄ its mean probability: 1 where all are alike. Models of this
 * library have it in their gradients; used alone, add {@link #loss} to the loss.
 *
 * <p>Both the mean square of the logits' log-sum-exp, which keeps them small, and noise on what the
 * gate sees in training are off unless configured.
 *
 * @see <a href="https://arxiv.org/abs/2006.16668">Lepikhin et al., GShard</a>
 * @see <a href="https://arxiv.org/abs/2112.06905">Du et al., GLaM</a>
 */
public final class ExpertGate extends KernelBlock {

    private final GateConfig config;
    private final KernelMethod weigh;
    private final KernelMethod weighSome;

    /** Makes the block; its weight [E, M] starts with a standard deviation of 0.02. */
    public ExpertGate(GateConfig config) {
        this.config = config;
        addParameter(
                KernelParameters.normal(
                        "weight", new Shape(config.numExperts(), config.hiddenSize())));
        weigh = method(KernelMethod.of("experts.gate_alone").tensor("x"));
        weighSome = method(KernelMethod.of("experts.gate_of_some").tensor("x").tensor("rows"));
    }

    private KernelMethod method(KernelMethod.Builder method) {
        return numbers(method.weights("w", weightGroups())).build();
    }

    /** Adds to a description what {@link Routing#addTo} passes, and the numbers before it. */
    KernelMethod.Builder numbers(KernelMethod.Builder method) {
        return method.literal(config.normalizeBeforeCapacity())
                .literal(config.secondExpertThreshold().orElse(0))
                .literal(config.auxLossCoef())
                .literal(config.zLossCoef())
                .literal(config.jitterNoise())
                .tensors("routing")
                .integers("groups");
    }

    GateConfig config() {
        return config;
    }

    @Override
    protected List<KernelMethod> methods() {
        return List.of(weigh, weighSome);
    }

    private NDArray weigh(
            ParameterStore store, LoneTokens tokens, Routing routing, boolean training) {
        KernelCall call =
                tokens.addTo(call(tokens.areAll() ? weigh : weighSome), routing.manager())
                        .weights(weights(store, tokens.x().getDevice(), training));
        routing.addTo(call, 0, config, tokens.count());
        NDManager manager = tokens.x().getManager();
        return GateFault.named(
                () -> run(call, manager, training), (layer, row) -> tokens.name(row));
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore store,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        LoneTokens tokens = LoneTokens.of(inputs);
        try (NDManager scope = tokens.x().getManager().newSubManager()) {
            Routing routing = tokens.routing(scope, training);
            return output(weigh(store, tokens, routing, training), training);
        }
    }

    /**
     * Returns the losses, times their coefficients, for training.
     *
     * @param x tokens [B, T, M], each row a group, or [..., M]
     * @return [] in the manager of x
     */
    public NDArray loss(ParameterStore store, NDArray x) {
        return loss(store, new NDList(x));
    }

    /**
     * Returns the losses, times their coefficients, for training.
     *
     * @param inputs those of the block: tokens, and maybe a mask
     * @return [] in the manager of the tokens
     */
    public NDArray loss(ParameterStore store, NDList inputs) {
        LoneTokens tokens = LoneTokens.of(inputs);
        NDManager manager = tokens.x().getManager();
        try (NDManager scope = manager.newSubManager()) {
            Routing routing = tokens.routing(scope, true);
            weigh(store, tokens, routing, true).close();
            NDArray loss = routing.losses(0).get(0);
            loss.attach(manager);
            return loss;
        }
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        Shape shape = inputShapes[0];
        return new Shape[] {shape.slice(0, shape.dimension() - 1).add(config.numExperts())};
    }

    @Override
    protected Optional<String> describeDetails() {
        return Optional.of("2 of " + config.numExperts());
    }
}
