package io.github.lapidary.cli;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDManager;
import io.github.lapidary.checkpoint.Checkpoint;
import io.github.lapidary.checkpoint.CheckpointLoader;
import io.github.lapidary.checkpoint.ExpertPlacement;
import io.github.lapidary.checkpoint.RandomWeights;
import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.kernel.KernelEngine;
import io.github.lapidary.kernel.format.Processor;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.model.CausalLanguageModel;
import java.io.IOException;
import java.util.Optional;

/**
 * A loaded model without its tokenizer, which may take longer to load than the weights.
 *
 * @param manager what its arrays belong to
 * @param block the model
 */
record BareModel(NDManager manager, CausalLanguageModel block) implements AutoCloseable {

    /** Loads the weights of a checkpoint, in the best format unless one is asked for. */
    static BareModel load(
            Checkpoint checkpoint,
            Optional<WeightFormat> format,
            Optional<ExpertPlacement> experts,
            Console console)
            throws IOException, MalformedModelException {
        NDManager manager = KernelEngine.newManager();
        try (Progress progress = console.progress("Loading")) {
            WeightFormat chosen = format.orElseGet(() -> preferred(manager));
            return new BareModel(
                    manager,
                    CheckpointLoader.load(
                            checkpoint,
                            manager,
                            chosen,
                            experts.orElse(ExpertPlacement.AUTOMATIC),
                            progress::update));
        } catch (IOException | MalformedModelException | RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    /** Makes a model of random weights, in the best format unless one is asked for. */
    static BareModel random(ModelConfig config, Optional<WeightFormat> format, long seed) {
        NDManager manager = KernelEngine.newManager();
        try {
            WeightFormat chosen = format.orElseGet(() -> preferred(manager));
            return new BareModel(manager, RandomWeights.model(config, manager, chosen, seed));
        } catch (RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    private static WeightFormat preferred(NDManager manager) {
        return Processor.preferredFormat(manager.getDevice());
    }

    /** Returns the model's configuration. */
    ModelConfig config() {
        return block.config();
    }

    @Override
    public void close() {
        block.closeKernels();
        manager.close();
    }
}
