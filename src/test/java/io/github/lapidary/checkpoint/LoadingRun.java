package io.github.lapidary.checkpoint;

import ai.djl.ndarray.NDManager;
import io.github.lapidary.ProcessMemory;
import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.kernel.format.Tensors;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.model.CausalLanguageModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Loads a model in a process of its own, and watches the memory all the while. */
final class LoadingRun {

    private LoadingRun() {}

    /**
     * Loads the checkpoint {@code args[0]} in the format {@code args[1]}, and writes three numbers
     * of bytes to the file {@code args[2]}: private ones before, the most while loading, and those
     * of the weights.
     */
    public static void main(String[] args) throws Exception {
        WeightFormat format = WeightFormat.valueOf(args[1]);
        try (NDManager manager = NDManager.newBaseManager()) {
            new Tensors(manager).close(); // starts the engine
            long before = ProcessMemory.privateBytesOfTheLiving();
            Watch watch = new Watch();
            watch.start();
            CausalLanguageModel model =
                    CheckpointLoader.load(
                            Checkpoint.open(Path.of(args[0])),
                            manager,
                            format,
                            ProgressListener.NONE);
            long most = watch.end();
            long weights =
                    model.parametersByPath().values().stream()
                            .mapToLong(p -> p.getShape().size() * format.bytes())
                            .sum();
            Files.write(
                    Path.of(args[2]),
                    List.of(before, most, weights).stream().map(String::valueOf).toList());
        }
    }

    /** Looks every other millisecond. */
    private static final class Watch extends Thread {

        private volatile boolean ended;
        private long most;

        @Override
        public void run() {
            while (!ended) {
                most = Math.max(most, ProcessMemory.privateBytes());
                try {
                    Thread.sleep(2);
                } catch (InterruptedException e) {
                    return;
                }
            }
        }

        long end() throws InterruptedException {
            ended = true;
            join();
            return Math.max(most, ProcessMemory.privateBytes());
        }
    }
}
