package io.github.lapidary.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import io.github.lapidary.config.RotaryConfig;
import io.github.lapidary.kernel.KernelCall;
import io.github.lapidary.kernel.KernelMethod;
import java.util.List;

/**
 * Rotary position embedding, half-split: of a head (a, b) at position p, {@code (a·cos − b·sin,
 * b·cos + a·sin)} of the angles {@code p · theta^(−2i/D) / factor}. D is the share of a head, from
 * its first element on, that is rotated.
 *
 * <p>Alone it takes heads [R, N, H] and their positions [R] (int64) to heads [R, N, H]. It has no
 * parameters.
 *
 * @see <a href="https://arxiv.org/abs/2104.09864">Su et al., RoFormer</a>
 */
public final class RotaryEmbedding extends KernelBlock {

    private final KernelMethod table;
    private final KernelMethod rotate;

    /**
     * Makes the block.
     *
     * @param headDim H, the size of a head, even
     */
    public RotaryEmbedding(int headDim, RotaryConfig config) {
        table =
                KernelMethod.of("rotary.table")
                        .tensor("positions")
                        .literal(config.rotatedDim(headDim))
                        .literal(config.theta())
                        .literal(config.factor())
                        .build();
        rotate = KernelMethod.of("rotary.rotate").tensor("x").tensor("table").build();
    }

    /** Returns what decides its tables; blocks of the same share them. */
    KernelMethod key() {
        return table;
    }

    @Override
    protected List<KernelMethod> methods() {
        return List.of(table, rotate);
    }

    /**
     * Returns cosines and signed sines of positions [R], as attention takes them, [2, R, 1, D].
     *
     * @param training whether autograd may have to save it
     */
    public NDArray table(NDArray positions, boolean training) {
        KernelCall call = call(table).tensor(positions);
        return training
                ? call.withoutGraph(positions.getManager())
                : call.run(positions.getManager());
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore store,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDArray x = inputs.get(0);
        try (NDArray angles = table(inputs.get(1), training)) {
            KernelCall call = call(rotate).tensor(x).tensor(angles);
            return output(run(call, x.getManager(), training), training);
        }
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {inputShapes[0]};
    }
}
