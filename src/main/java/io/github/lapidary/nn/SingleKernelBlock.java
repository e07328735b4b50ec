package io.github.lapidary.nn;

import ai.djl.ndarray.NDList;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import io.github.lapidary.kernel.KernelMethod;
import java.util.List;

/** A block that takes one array and, used alone, runs one kernel on it. */
abstract class SingleKernelBlock extends KernelBlock {

    /** Returns the kernel, which takes the array and the weights of this tree. */
    abstract KernelMethod kernel();

    @Override
    protected final List<KernelMethod> methods() {
        return List.of(kernel());
    }

    @Override
    protected final NDList forwardInternal(
            ParameterStore store,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        return output(apply(kernel(), store, single(inputs), training), training);
    }
}
