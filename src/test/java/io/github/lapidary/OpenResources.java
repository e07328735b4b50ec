package io.github.lapidary;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.github.lapidary.kernel.KernelModule;
import java.util.List;

/** What a model holds open, to see whether something it ran has left anything there. */
public final class OpenResources {

    private final NDManager manager;
    private final KernelModule kernels;
    private final List<NDArray> arrays;
    private final int kept;

    private OpenResources(NDManager manager, KernelModule kernels) {
        this.manager = manager;
        this.kernels = kernels;
        this.arrays = manager.getManagedArrays();
        this.kept = kernels.keptHandles();
    }

    /** Links the kernels of a model anew and runs it once, so that it holds what it always will. */
    public static OpenResources of(LanguageModel model) {
        NDManager manager = manager(model);
        KernelModule kernels = model.block().link(manager);
        model.generate("a");
        return new OpenResources(manager, kernels);
    }

    /** Returns the manager of all that a model holds. */
    public static NDManager manager(LanguageModel model) {
        try (NDManager other = NDManager.newBaseManager()) {
            NDManager manager =
                    model.block().getParameters().get(0).getValue().getArray().getManager();
            while (manager.getParentManager() != other.getParentManager()) {
                manager = manager.getParentManager();
            }
            return manager;
        }
    }

    /** Fails if the model holds more or less than at first. */
    public void assertUnchanged() {
        assertEquals(arrays.size(), manager.getManagedArrays().size());
        assertEquals(kept, kernels.keptHandles());
        assertEquals(0, kernels.openHandles());
    }
}
