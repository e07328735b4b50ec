package io.github.lapidary.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * The weights that a kernel works with: for each block, in the kernel's order, its tensors.
 *
 * <p>Their handle is made at the first call and kept until they are retired or the module closes.
 */
public final class Weights {

    private static final Object TAKING = new Object();

    private final Supplier<List<List<NDArray>>> source;
    private List<List<NDArray>> groups;
    private KernelModule module;
    private Handle handle;
    private int calls;
    private boolean retired;

    /** Bundles the arrays, which must live as long as the module that is called with them. */
    public Weights(List<List<NDArray>> groups) {
        this(() -> groups);
    }

    /**
     * Bundles the arrays that a source gives now and, if they change before a call takes them,
     * then.
     */
    public Weights(Supplier<List<List<NDArray>>> source) {
        this.source = source;
        groups = List.copyOf(source.get());
    }

    /** Closes arrays that a source gave, and will not give again, while no call takes them. */
    public static void whileNoneAreTaken(Runnable closing) {
        synchronized (TAKING) {
            closing.run();
        }
    }

    /** Returns whether these are just the arrays given, one by one. */
    public synchronized boolean holds(List<List<NDArray>> others) {
        if (groups.size() != others.size()) {
            return false;
        }
        for (int i = 0; i < groups.size(); i++) {
            List<NDArray> mine = groups.get(i);
            List<NDArray> theirs = others.get(i);
            if (mine.size() != theirs.size()) {
                return false;
            }
            for (int j = 0; j < mine.size(); j++) {
                if (mine.get(j) != theirs.get(j)) {
                    return false;
                }
            }
        }
        return true;
    }

    synchronized List<NDArray> arrays() {
        return groups.stream().flatMap(List::stream).toList();
    }

    /** Returns the handle for a call, which ends with {@link #release}. */
    synchronized IValue acquire(KernelModule owner) {
        if (handle == null) {
            module = owner;
            synchronized (TAKING) {
                groups = List.copyOf(source.get());
                handle = owner.keep(lists());
            }
        }
        calls++;
        return handle.value();
    }

    synchronized void release() {
        calls--;
        dropIfUnused();
    }

    /** Closes the handle as soon as no call works with it; another call makes one of its own. */
    public synchronized void retire() {
        retired = true;
        dropIfUnused();
    }

    private void dropIfUnused() {
        if (retired && calls == 0 && handle != null) {
            module.drop(handle);
            handle = null;
        }
    }

    private IValue lists() {
        List<IValue> lists = new ArrayList<>();
        try {
            for (List<NDArray> group : groups) {
                lists.add(IValue.listFrom(group.toArray(PtNDArray[]::new)));
            }
            return IValue.listFrom(lists.toArray(IValue[]::new));
        } finally {
            lists.forEach(IValue::close);
        }
    }
}
