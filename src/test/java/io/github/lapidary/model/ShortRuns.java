package io.github.lapidary.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import io.github.lapidary.Tiny;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.state.DecodingState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * Many short generations, for a process of their own, whose memory nothing else disturbs: prompt
 * and steps, some of them cancelled, and passes through the model as a block of DJL.
 */
final class ShortRuns {

    private static final Path STATUS = Path.of("/proc/self/status");

    private ShortRuns() {}

    /**
     * Writes to the file {@code args[1]} the resident memory in bytes after each of {@code args[0]}
     * times ten runs, one a line.
     */
    public static void main(String[] args) throws Exception {
        StringBuilder samples = new StringBuilder();
        try (NDManager manager = NDManager.newBaseManager()) {
            CausalLanguageModel model = Tiny.load("gemma2_bf16", manager, WeightFormat.BFLOAT16);
            KernelModule kernels = model.link(manager);
            Decoding decoding = new Decoding(model, manager);
            run(decoding);
            int arrays = manager.getManagedArrays().size();
            int kept = kernels.keptHandles();
            for (int i = 0; i < Integer.parseInt(args[0]); i++) {
                for (int run = 0; run < 10; run++) {
                    run(decoding);
                }
                if (manager.getManagedArrays().size() != arrays
                        || kernels.keptHandles() != kept
                        || kernels.openHandles() != 0) {
                    throw new IllegalStateException("Something is left after runs: " + manager);
                }
                samples.append(residentBytes()).append('\n');
            }
        }
        Files.writeString(Path.of(args[1]), samples);
    }

    private static void run(Decoding decoding) {
        NDManager manager = decoding.manager();
        try (DecodingState state = decoding.start()) {
            float[] logits = decoding.feed(state, Tiny.ids(5));
            decoding.greedy(state, logits, 3);
            try (DecodingState fork = state.fork()) {
                decoding.feed(
                        List.of(fork),
                        List.of(Tiny.ids(2)),
                        () -> {
                            throw new CancellationException();
                        });
            } catch (CancellationException e) {
                // as it should be
            }
        }
        try (NDArray ids = manager.create(Tiny.ids(4), new Shape(1, 4));
                NDList logits =
                        decoding.model()
                                .forward(
                                        new ParameterStore(manager, false),
                                        new NDList(ids),
                                        false)) {
            logits.head().toFloatArray();
        }
    }

    private static long residentBytes() throws IOException {
        for (String line : Files.readAllLines(STATUS)) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
            }
        }
        throw new IOException(STATUS + " tells no resident memory.");
    }
}
