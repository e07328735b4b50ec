package io.github.lapidary.kernel;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.ParameterStore;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A loaded kernel archive, and the only class that calls the engine.
 *
 * <p>It may be called from many threads. It belongs to a manager and closes with it; closing waits
 * for calls that run, and later ones fail with a {@link ModelClosedException}. So does the end of
 * the process, however it comes.
 */
public final class KernelModule implements AutoCloseable {

    /** How kernels refuse numbers. */
    private static final Pattern RAISED = Pattern.compile("ArithmeticException: ([^\\n]*)");

    private final AtomicInteger ledger = new AtomicInteger();
    private final ReentrantReadWriteLock open = new ReentrantReadWriteLock();
    private final List<Handle> kept = new ArrayList<>();
    private final Map<KernelMethod, String> names;
    private final NDManager manager;
    private final PtSymbolBlock block;
    // The engine's libraries free their own code when a process exits, which a call must not
    // outlive.
    private final Thread shutdownHook = new Thread(this::close, "lapidary kernels");
    private boolean closed;

    private KernelModule(NDManager manager, PtSymbolBlock block, Map<KernelMethod, String> names) {
        this.manager = manager;
        this.block = block;
        this.names = names;
    }

    /** Links the methods, and the kernels that they call, for the manager's device. */
    public static KernelModule link(NDManager manager, Collection<KernelMethod> methods) {
        return link(manager, KernelVariant.of(manager.getDevice()), methods);
    }

    static KernelModule link(
            NDManager manager, KernelVariant variant, Collection<KernelMethod> methods) {
        KernelArchive archive = new KernelArchive(variant, methods);
        NDManager engineManager = manager.newSubManager();
        try {
            ByteArrayInputStream bytes = new ByteArrayInputStream(archive.link());
            PtSymbolBlock block =
                    JniUtils.loadModule((PtNDManager) engineManager, bytes, false, false);
            // Only the module closes its block, for it waits for calls that run.
            engineManager.detachInternal(String.valueOf(block.getHandle()));
            KernelModule module = new KernelModule(engineManager, block, archive.names());
            engineManager.attachInternal("kernels of " + engineManager.getName(), module);
            Runtime.getRuntime().addShutdownHook(module.shutdownHook);
            return module;
        } catch (IOException e) {
            engineManager.close();
            throw new UncheckedIOException(e);
        } catch (RuntimeException e) {
            engineManager.close();
            throw e;
        }
    }

    /** Returns how many threads the engine computes with. */
    public static int threads() {
        KernelEngine.get(); // or its library is not loaded
        return JniUtils.getNumThreads();
    }

    /** Starts a call of one of the linked methods. */
    public KernelCall call(KernelMethod method) {
        String name = names.get(method);
        if (name == null) {
            throw new IllegalArgumentException(method.function() + " was not linked.");
        }
        return new KernelCall(this, method, name);
    }

    /**
     * Returns how many handles are open that a call has made, those kept for the weights left out.
     */
    public int openHandles() {
        synchronized (kept) {
            return ledger.get() - kept.size();
        }
    }

    /** Returns how many handles are kept for weights. */
    public int keptHandles() {
        synchronized (kept) {
            return kept.size();
        }
    }

    /** Returns whether the module was closed. */
    public boolean isClosed() {
        open.readLock().lock();
        try {
            return closed;
        } finally {
            open.readLock().unlock();
        }
    }

    private Handle handle(IValue value) {
        return new Handle(value, ledger);
    }

    /** Makes a handle that closes with this module. */
    Handle keep(IValue value) {
        synchronized (kept) {
            Handle handle = handle(value);
            kept.add(handle);
            return handle;
        }
    }

    /** Closes a handle that was kept. */
    void drop(Handle handle) {
        synchronized (kept) {
            if (kept.remove(handle)) {
                handle.close();
            }
        }
    }

    /** Holds off closing until the lease is closed. */
    public Lease lease() {
        open.readLock().lock();
        if (closed) {
            open.readLock().unlock();
            throw new ModelClosedException();
        }
        return () -> open.readLock().unlock();
    }

    /** A time in which a module stays open; it belongs to the thread that took it. */
    @FunctionalInterface
    public interface Lease extends AutoCloseable {
        @Override
        void close();
    }

    Handle infer(String method, IValue... arguments) {
        try (Lease ignored = lease()) {
            prepareThread();
            return handle(IValueUtils.runMethod(block, method, arguments));
        } catch (EngineException e) {
            throw named(e);
        }
    }

    /** Returns what a kernel has raised by that name, without the engine's account of where. */
    private static RuntimeException named(EngineException e) {
        Matcher raised = RAISED.matcher(String.valueOf(e.getMessage()));
        String text = null;
        while (raised.find()) {
            text = raised.group(1); // the last one; before it are lines of source
        }
        if (text == null) {
            return e;
        }
        ArithmeticException named = new ArithmeticException(text);
        named.initCause(e);
        return named;
    }

    /** Calls a training method; the engine sorts its arguments by the arrays' names. */
    List<NDArray> train(NDManager manager, String method, NDList inputs) {
        try (Lease ignored = lease();
                NDArray choice = manager.create(0f)) {
            prepareThread();
            choice.setName("module_method:" + method);
            // The result first joins the manager of the first input; a model's may be capped.
            inputs.add(0, choice);
            NDList results = block.forward(new ParameterStore(manager, false), inputs, true);
            results.attach(manager);
            return List.copyOf(results);
        } catch (EngineException e) {
            throw named(e);
        }
    }

    /** The setting belongs to the thread; without it each new thread and shape pays 30 to 56 ms. */
    private static void prepareThread() {
        JniUtils.setGraphExecutorOptimize(false);
    }

    /**
     * Waits for calls that run, and closes.
     *
     * @throws IllegalStateException if this thread itself holds it open
     */
    @Override
    public void close() {
        if (open.getReadHoldCount() > 0) {
            throw new IllegalStateException("A model cannot be closed by what it runs.");
        }
        open.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                removeShutdownHook();
                synchronized (kept) {
                    kept.forEach(Handle::close);
                    kept.clear();
                }
                block.close();
                manager.close();
            }
        } finally {
            open.writeLock().unlock();
        }
    }

    private void removeShutdownHook() {
        try {
            Runtime.getRuntime().removeShutdownHook(shutdownHook);
        } catch (IllegalStateException e) {
            // The process is ending, and the hook has run or will find nothing left to do.
            return;
        }
    }
}
