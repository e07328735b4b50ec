package io.github.lapidary.kernel;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;

/** The engine that runs the kernels, PyTorch, whichever others are on the class path or set. */
public final class KernelEngine {

    private static final String NAME = "PyTorch";

    private KernelEngine() {}

    /** Returns the engine; the first call loads its library. */
    public static Engine get() {
        return Engine.getEngine(NAME);
    }

    /** Makes a manager on the engine's own device, a GPU if there is one; the caller closes it. */
    public static NDManager newManager() {
        return NDManager.newBaseManager(NAME);
    }

    /** Makes a manager on a device; the caller closes it. */
    public static NDManager newManager(Device device) {
        return NDManager.newBaseManager(device, NAME);
    }
}
