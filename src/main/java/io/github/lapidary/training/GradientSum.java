package io.github.lapidary.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import io.github.lapidary.kernel.format.Tensors;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.model.TokenLoss;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The gradients of one step, summed over the tokens of any number of batches.
 *
 * <p>It needs no trainer and no collector, holds at most one array for each trained parameter, in
 * its format. {@link AdamW#step} divides by the number of tokens, so each weighs the same however
 * they are split into batches.
 */
public final class GradientSum implements AutoCloseable {

    private final CausalLanguageModel model;
    private final NDManager manager;
    private final Tensors tensors;
    private final Map<Parameter, NDArray> arrays = new LinkedHashMap<>();
    private TokenLoss loss;

    /** Makes an empty sum for the parameters of a model that are not frozen. */
    public GradientSum(CausalLanguageModel model) {
        this.model = model;
        manager = model.embedding().weight().getManager().newSubManager();
        tensors = new Tensors(manager);
        restart();
    }

    /**
     * Adds the gradients of a batch.
     *
     * @param data ids [B, T] and maybe a mask or segments [B, T], int64
     * @param labels [B, T] (int64), as {@link NextTokens} makes them
     * @return the loss of this batch
     * @throws IllegalArgumentException if shapes or types are others, an id is none, or no token
     *     has a label; nothing was added
     * @throws RuntimeException if something else fails; then all that was added before is dropped,
     *     for a part of this batch may have been added to it
     */
    public TokenLoss add(NDList data, NDArray labels) {
        try {
            TokenLoss batch = model.addGradients(data, labels, this::array);
            loss = loss.plus(batch);
            return batch;
        } catch (IllegalArgumentException e) {
            throw e; // before anything was computed
        } catch (RuntimeException | Error e) {
            clear();
            throw e;
        }
    }

    /** Refuses a parameter that is none of the model's. */
    void checkOf(String path, Parameter parameter) {
        if (model.parametersByPath().get(path) != parameter) {
            throw new IllegalArgumentException(
                    "The gradients are of another model than the parameter " + path + ".");
        }
    }

    /** Returns the loss over all batches since the last step. */
    public TokenLoss loss() {
        return loss;
    }

    /** Drops what was added. */
    public void clear() {
        arrays.values().forEach(NDArray::close);
        arrays.clear();
        restart();
    }

    /**
     * Tells that the arrays are zeros again. Those of layers are given back: memory is shortest at
     * the end of a pass forward, when all results of the layers are kept, and no gradient of a
     * layer is there yet.
     */
    final void restart() {
        Parameter embedding = model.embedding().getDirectParameters().valueAt(0);
        arrays.entrySet()
                .removeIf(
                        entry -> {
                            boolean ofLayer = entry.getKey() != embedding;
                            if (ofLayer) {
                                entry.getValue().close();
                            }
                            return ofLayer;
                        });
        loss = new TokenLoss(0, 0);
    }

    /** Returns the array of a parameter, which is made when it is first asked for. */
    NDArray array(Parameter parameter) {
        return arrays.computeIfAbsent(parameter, own -> tensors.zeros(own.getArray()));
    }

    @Override
    public void close() {
        tensors.close();
        manager.close();
    }
}
