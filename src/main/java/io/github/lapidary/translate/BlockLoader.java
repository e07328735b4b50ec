package io.github.lapidary.translate;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.util.Progress;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.LoadOptions;
import io.github.lapidary.checkpoint.ExpertPlacement;
import io.github.lapidary.file.MalformedFileException;
import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.scheduling.FairQueue;
import io.github.lapidary.scheduling.Scheduler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Loads a model as the block of a DJL model. */
final class BlockLoader {

    private static final Logger LOGGER = LoggerFactory.getLogger(BlockLoader.class);

    private BlockLoader() {}

    /**
     * Loads a block, on the DJL model's device; it closes with that model.
     *
     * @param model what the block will belong to
     * @param path a Hugging Face folder or a GGUF file
     * @param progress hears how far loading is; may be null
     * @throws ModelNotFoundException if there is no such path
     * @throws MalformedModelException if a file or an argument is not what it should be
     * @throws IOException if a file cannot be read
     */
    static GenerativeBlock load(Model model, Path path, Arguments arguments, Progress progress)
            throws IOException, ModelNotFoundException, MalformedModelException {
        if (!Files.exists(path)) {
            throw new ModelNotFoundException(
                    path
                            + ": there is no such model; expected a Hugging Face folder or a GGUF"
                            + " file.");
        }
        try {
            ServingLimits.of(arguments); // DJL would not close a model whose translator fails
            warnOfOneThread();
            int concurrency = arguments.count("concurrency", 1).orElse(1);
            LanguageModel own = LanguageModel.load(path, options(model, arguments, progress));
            return attach(model, own, new FairQueue(concurrency, own::generate));
        } catch (MalformedFileException | IllegalArgumentException e) {
            throw new MalformedModelException(e.getMessage(), e);
        }
    }

    private static LoadOptions options(Model model, Arguments arguments, Progress progress) {
        LoadOptions options =
                LoadOptions.defaults()
                        .withDevice(model.getNDManager().getDevice())
                        .withListener(listener(progress));
        if (arguments.text("dtype").isPresent()) {
            options = options.withFormat(WeightFormat.of(arguments.text("dtype").get()));
        }
        if (arguments.text("context").isPresent()) {
            options = options.withContextLength(arguments.count("context", 1).getAsInt());
        }
        if (arguments.text("expertPlacement").isPresent()) {
            String name = arguments.text("expertPlacement").get();
            options = options.withExperts(ExpertPlacement.of(name));
        }
        return options;
    }

    private static ProgressListener listener(Progress progress) {
        if (progress == null) {
            return ProgressListener.NONE;
        }
        return (done, total) -> {
            if (done == 0) {
                progress.reset("Weights", total);
            }
            progress.update(done);
        };
    }

    private static GenerativeBlock attach(Model model, LanguageModel own, Scheduler scheduler) {
        GenerativeBlock block = new GenerativeBlock(own, scheduler);
        AutoCloseable all =
                () -> {
                    scheduler.close();
                    own.close();
                };
        model.getNDManager().attachInternal("lapidary " + System.identityHashCode(block), all);
        return block;
    }

    /** DJL Serving starts the engine so, unless it is told not to. */
    private static void warnOfOneThread() {
        int processors = Runtime.getRuntime().availableProcessors();
        if (KernelModule.threads() == 1 && processors > 1) {
            LOGGER.warn(
                    "PyTorch computes with one thread, and there are {} processors: start Java with"
                            + " -Dai.djl.pytorch.num_threads={} to use them.",
                    processors,
                    processors);
        }
    }
}
