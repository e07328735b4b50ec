package io.github.lapidary.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An engine value with an owner.
 *
 * <p>No manager and no finalizer frees it: whoever receives a handle closes it, once. The ledger of
 * its module counts those still open.
 */
public final class Handle implements AutoCloseable {

    private final AtomicInteger ledger;
    private IValue value;

    Handle(IValue value, AtomicInteger ledger) {
        this.value = value;
        this.ledger = ledger;
        ledger.incrementAndGet();
    }

    IValue value() {
        if (value == null) {
            throw new IllegalStateException("The handle is closed.");
        }
        return value;
    }

    /** Returns the tensor as an array that belongs to the manager; the handle stays open. */
    public NDArray array(NDManager manager) {
        return value().toTensor((PtNDManager) manager);
    }

    @Override
    public void close() {
        if (value != null) {
            value.close();
            value = null;
            ledger.decrementAndGet();
        }
    }
}
