package io.github.lapidary.cli;

import ai.djl.util.Utils;
import io.github.lapidary.kernel.KernelEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Starts the engine while files are read: its native library takes a third of a second to load.
 *
 * <p>Closing waits for it, since a process that ends while a library is loading may crash. An
 * engine that does not start fails again where it is used, and there with a message.
 */
final class EngineStart implements AutoCloseable {

    private final Thread thread = new Thread(EngineStart::load, "engine-start");

    private EngineStart() {}

    /** Begins; the first time on a machine, tells what takes so long. */
    static EngineStart begin(Console console) throws IOException {
        Path unpacked = Utils.getEngineCacheDir("pytorch");
        if (!Files.isDirectory(unpacked) || isEmpty(unpacked)) {
            console.tell("unpacking PyTorch's native library into " + unpacked + ", this once");
        }
        EngineStart start = new EngineStart();
        start.thread.setDaemon(true);
        start.thread.start();
        return start;
    }

    private static boolean isEmpty(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.findAny().isEmpty();
        }
    }

    private static void load() {
        try {
            KernelEngine.get();
        } catch (RuntimeException | LinkageError e) {
            // It fails again, and is reported, where the engine is used.
        }
    }

    @Override
    public void close() {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
