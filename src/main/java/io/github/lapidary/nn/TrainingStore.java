package io.github.lapidary.nn;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import java.util.Map;
import java.util.function.Function;

/** The weights that a training pass computes with, and where it adds their gradients. */
public final class TrainingStore extends ParameterStore {

    private final ParameterStore trainers;
    private final Map<Parameter, NDArray> copies;
    private final Function<Parameter, NDArray> sums;
    private final NDArray unused;

    /**
     * Makes a store for one pass.
     *
     * @param manager for an array that takes the place of sums that are not there
     * @param trainers where a trainer keeps the parameters' arrays; null for their own
     * @param copies what stands in for some parameters' arrays, in a format that may be another
     * @param sums gives for a parameter, when its gradient is there, the array of its shape to
     *     which it is added
     */
    public TrainingStore(
            NDManager manager,
            ParameterStore trainers,
            Map<Parameter, NDArray> copies,
            Function<Parameter, NDArray> sums) {
        super(manager, false);
        this.trainers = trainers;
        this.copies = copies;
        this.sums = sums;
        unused = manager.create(new float[1]);
    }

    @Override
    public NDArray getValue(Parameter parameter, Device device, boolean training) {
        NDArray own =
                trainers == null
                        ? parameter.getArray()
                        : trainers.getValue(parameter, device, training);
        return copies.getOrDefault(parameter, own);
    }

    /** Returns whether an array was given for a parameter that stands in for its own. */
    boolean isGiven(Parameter parameter) {
        return copies.containsKey(parameter);
    }

    /** Returns where the gradient of a parameter is added; if it is frozen, an array of no use. */
    NDArray sum(Parameter parameter) {
        if (!parameter.requiresGradient()) {
            return unused;
        }
        NDArray sum = sums.apply(parameter);
        if (sum == null) {
            throw new IllegalArgumentException(
                    "There is no sum for the gradient of "
                            + parameter.getName()
                            + " "
                            + parameter.getShape()
                            + ", which is trained.");
        }
        return sum;
    }
}
