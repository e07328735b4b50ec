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
 * Many short passes through models as blocks of DJL, for a process of their own: with shared and
 * with copied weights, with gradients, and of sequences that fork and are cancelled.
 */
final class BlockRuns {

    static final int RUNS_PER_SAMPLE = 15;

    private final NDManager manager;
    private final Decoding decoding;
    private final CausalLanguageModel trained;
    private final KernelModule kernels;

    private BlockRuns(NDManager manager) throws Exception {
        this.manager = manager;
        CausalLanguageModel model = Tiny.load("gemma2_bf16", manager, WeightFormat.BFLOAT16);
        kernels = model.link(manager);
        decoding = new Decoding(model, manager);
        trained = Tiny.load("gemma1_mqa", manager);
        trained.freezeParameters(false);
    }

    /**
     * Writes as many samples of its private bytes as {@code args[0]} to the file {@code args[1]}.
     */
    public static void main(String[] args) throws Exception {
        StringBuilder samples = new StringBuilder();
        try (NDManager manager = NDManager.newBaseManager()) {
            BlockRuns runs = new BlockRuns(manager);
            runs.run();
            int arrays = manager.getManagedArrays().size();
            for (int i = 0; i < Integer.parseInt(args[0]); i++) {
                for (int run = 0; run < RUNS_PER_SAMPLE; run++) {
                    runs.run();
                }
                runs.assertNothingIsLeft(arrays);
                samples.append(ProcessMemory.privateBytes()).append('\n');
            }
        }
        Files.writeString(Path.of(args[1]), samples);
    }

    private void assertNothingIsLeft(int arrays) {
        int layers = decoding.model().config().numHiddenLayers();
        if (manager.getManagedArrays().size() != arrays
                || kernels.openHandles() != 0
                || kernels.keptHandles() > layers + 3) {
            throw new IllegalStateException("Something is left after runs: " + manager);
        }
    }

    private void run() {
        forkAndCancel();
        forward(false);
        forward(true);
        train();
    }

    private void forkAndCancel() {
        try (DecodingState state = decoding.start()) {
            decoding.feed(state, Tiny.ids(5));
            try (DecodingState fork = state.fork()) {
                decoding.feed(
                        List.of(fork),
                        List.of(Tiny.ids(2)),
                        () -> {
                            throw new CancellationException();
                        });
            } catch (CancellationException e) {
                state.truncate(3);
            }
        }
    }

    private void forward(boolean copyWeights) {
        try (NDManager own = manager.newSubManager()) {
            NDArray ids = own.create(Tiny.ids(4), new Shape(1, 4));
            ParameterStore store = new ParameterStore(own, copyWeights);
            decoding.model().forward(store, new NDList(ids), false).head().toFloatArray();
        }
    }

    private void train() {
        try (NDManager own = manager.newSubManager();
                GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray ids = own.create(Tiny.ids(4), new Shape(1, 4));
            ParameterStore store = new ParameterStore(own, false);
            collector.backward(trained.forward(store, new NDList(ids), true).head().sum());
        }
    }
}
