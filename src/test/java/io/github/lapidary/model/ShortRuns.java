package io.github.lapidary.model;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import io.github.lapidary.ProcessMemory;
import io.github.lapidary.Tiny;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.state.DecodingState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * Many short generations, for a process of their own, whose memory nothing else disturbs. Among
 * them are some that are cancelled, passes through the model as a block of DJL, and gradients.
 */
final class ShortRuns {

    private ShortRuns() {}

    /**
     * Writes to the file {@code args[1]} the process's private memory in bytes after each of {@code
     * args[0]} times ten generations, one a line.
     */
    public static void main(String[] args) throws Exception {
        StringBuilder samples = new StringBuilder();
        try (NDManager manager = NDManager.newBaseManager()) {
            CausalLanguageModel model = Tiny.load("gemma2_bf16", manager, WeightFormat.BFLOAT16);
            KernelModule kernels = model.link(manager);
            Decoding decoding = new Decoding(model, manager);
            CausalLanguageModel trained = Tiny.load("gemma1_mqa", manager);
            trained.freezeParameters(false);
            generate(decoding);
            cancel(decoding);
            forward(decoding);
            train(trained, manager);
            int arrays = manager.getManagedArrays().size();
            int kept = kernels.keptHandles();
            for (int i = 0; i < Integer.parseInt(args[0]); i++) {
                for (int run = 0; run < 10; run++) {
                    generate(decoding);
                }
                cancel(decoding);
                forward(decoding);
                train(trained, manager);
                if (manager.getManagedArrays().size() != arrays
                        || kernels.keptHandles() != kept
                        || kernels.openHandles() != 0) {
                    throw new IllegalStateException("Something is left after runs: " + manager);
                }
                samples.append(ProcessMemory.privateBytes()).append('\n');
            }
        }
        Files.writeString(Path.of(args[1]), samples);
    }

    private static void generate(Decoding decoding) {
        try (DecodingState state = decoding.start()) {
            decoding.greedy(state, decoding.feed(state, Tiny.ids(5)), 3);
        }
    }

    private static void cancel(Decoding decoding) {
        try (DecodingState state = decoding.start();
                DecodingState fork = state.fork()) {
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

    private static void forward(Decoding decoding) {
        NDManager manager = decoding.manager();
        ParameterStore store = new ParameterStore(manager, false);
        try (NDArray ids = manager.create(Tiny.ids(4), new Shape(1, 4));
                NDList logits = decoding.model().forward(store, new NDList(ids), false)) {
            logits.head().toFloatArray();
        }
    }

    private static void train(CausalLanguageModel model, NDManager manager) {
        try (NDManager own = manager.newSubManager();
                GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray ids = own.create(Tiny.ids(4), new Shape(1, 4));
            ParameterStore store = new ParameterStore(manager, false);
            collector.backward(model.forward(store, new NDList(ids), true).head().sum());
        }
    }
}
