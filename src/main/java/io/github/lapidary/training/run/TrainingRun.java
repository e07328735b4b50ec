package io.github.lapidary.training.run;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDManager;
import io.github.lapidary.chart.ChartException;
import io.github.lapidary.checkpoint.Checkpoint;
import io.github.lapidary.checkpoint.CheckpointLoader;
import io.github.lapidary.checkpoint.CheckpointWriter;
import io.github.lapidary.checkpoint.WriteOptions;
import io.github.lapidary.data.DataPosition;
import io.github.lapidary.data.HeldOutDataset;
import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.file.StagedFiles;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.kernel.KernelEngine;
import io.github.lapidary.kernel.format.MainMemory;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.training.run.RunResult.End;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A training from its configuration: updates, validations, checkpoints, metrics.
 *
 * <p>Killed at any moment, it goes on from its last checkpoint, and ends with the same weights, bit
 * for bit, as if nothing had happened: on the same machine, with as many threads. Not safe for use
 * from many threads.
 */
public final class TrainingRun implements AutoCloseable {

    private static final String BEST = "best";
    static final String MODEL = "model";
    private static final String CURVES = "curves.png";
    static final String CONFIG = "run.yaml";

    private final RunConfig config;
    private final RunData data;
    private final RunFolder folder;
    private final Learner learner;
    private final MetricsLog log;
    private RunState state;
    private RunListener listener = RunListener.NONE;
    private boolean drawable = true;

    private TrainingRun(
            RunConfig config, RunData data, RunFolder folder, Learner learner, RunState state)
            throws IOException {
        this.config = config;
        this.data = data;
        this.folder = folder;
        this.learner = learner;
        this.state = state;
        StagedFiles.replace(folder.at(CONFIG), config.text());
        log = MetricsLog.open(folder.path(), state.step());
    }

    /** Opens a run as the other method does, and tells nobody of the checks. */
    public static TrainingRun open(RunConfig config, boolean resume)
            throws IOException, MalformedModelException {
        return open(config, resume, ProgressListener.NONE);
    }

    /**
     * Opens a run, new or saved, and checks all that it is made from.
     *
     * @param resume whether it goes on from the last checkpoint of its folder
     * @param checks hears how many bytes of the token files are checked
     * @throws IOException if a file cannot be read or does not fit the others; if the folder holds
     *     a run but is not to be resumed, or the other way round; if memory does not suffice
     * @throws MalformedModelException if a checkpoint does not fit the model
     */
    public static TrainingRun open(RunConfig config, boolean resume, ProgressListener checks)
            throws IOException, MalformedModelException {
        RunData data = RunData.open(config);
        MemoryEstimate.of(config, data.modelConfig()).check(config, MainMemory.available());
        RunData.verify(config, checks);
        RunFolder folder = RunFolder.open(config.out(), resume);
        try {
            Learner learner = Learner.of(config, data);
            try {
                RunState state = restored(folder, learner);
                return new TrainingRun(config, data, folder, learner, state);
            } catch (IOException | MalformedModelException | RuntimeException e) {
                learner.close();
                throw e;
            }
        } catch (IOException | MalformedModelException | RuntimeException e) {
            folder.close();
            throw e;
        }
    }

    /** A run that was killed before it was saved begins anew. */
    private static RunState restored(RunFolder folder, Learner learner)
            throws IOException, MalformedModelException {
        Optional<Path> last = folder.lastCheckpoint();
        if (last.isEmpty()) {
            return RunState.start(learner.position());
        }
        RunState state = RunState.read(last.get());
        learner.restore(last.get(), state.position());
        return state;
    }

    /**
     * Trains until the end, or until this thread is interrupted: then the run is saved, and the
     * thread is not interrupted any more.
     *
     * @throws IllegalStateException if a loss or a gradient is not finite; the last checkpoint is
     *     from before
     * @throws IOException if a file cannot be read or written; the last checkpoint stays
     * @throws MalformedModelException if the best model was changed on disk
     */
    public RunResult run(RunListener observer) throws IOException, MalformedModelException {
        listener = observer;
        listener.started(state.step(), config.steps());
        if (state.best().isPresent()) {
            checkBest();
        }
        long saved = state.step();
        while (state.step() < config.steps() && !isStale()) {
            if (!update()) {
                return interrupted(saved);
            }
            if (isDue(config.checkpoints().every())) {
                save();
                saved = state.step();
            }
        }
        if (saved < state.step()) {
            save();
        }
        wholly(this::writeModel);
        return result(isStale() ? End.STOPPED_EARLY : End.FINISHED, folder.at(MODEL));
    }

    /** Makes an update; returns whether there was the time. */
    private boolean update() throws IOException, MalformedModelException {
        try {
            Optional<Metrics> metrics = learner.update();
            if (metrics.isPresent()) {
                note(metrics.get());
            }
            return metrics.isPresent();
        } catch (IllegalStateException e) {
            throw stopped(e);
        }
    }

    /** Tells what there is to go back to when numbers have become infinite or none. */
    private IllegalStateException stopped(IllegalStateException cause) throws IOException {
        Optional<Path> last = folder.lastCheckpoint();
        return new IllegalStateException(
                cause.getMessage()
                        + (last.isPresent()
                                ? " The last good checkpoint is " + last.get() + "."
                                : " There is no checkpoint yet."),
                cause);
    }

    /** Writes files. */
    private interface Writing {
        void run() throws IOException, MalformedModelException;
    }

    /** An interrupt closes files that are being written: then they are written once more. */
    private static void wholly(Writing writing) throws IOException, MalformedModelException {
        boolean interrupted = Thread.interrupted();
        try {
            writing.run();
        } catch (IOException e) {
            if (!Thread.interrupted()) {
                throw e;
            }
            interrupted = true;
            writing.run();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private boolean isStale() {
        return config.patience() > 0 && state.worse() >= config.patience();
    }

    private boolean isDue(int every) {
        return state.step() % every == 0;
    }

    private RunResult interrupted(long saved) throws IOException, MalformedModelException {
        Thread.interrupted();
        if (saved < state.step()) {
            save();
        }
        return result(End.INTERRUPTED, folder.lastCheckpoint().orElseGet(folder::path));
    }

    private RunResult result(End end, Path path) {
        return new RunResult(end, state.step(), state.loss(), state.best(), state.bestStep(), path);
    }

    /** Takes down an update, and measures the model if it is time. */
    private void note(Metrics update) throws IOException, MalformedModelException {
        DataPosition position = learner.position();
        state = state.after(update, position);
        Metrics metrics = update;
        boolean measures =
                config.validation().isPresent()
                        && (isDue(config.validation().get().every())
                                || state.step() == config.steps());
        if (measures) {
            Quality quality = learner.measure(data.heldOut().orElseThrow());
            metrics = update.withHeldOut(quality);
            state = state.with(quality, data.heldOut().orElseThrow().fingerprint());
            if (state.bestStep() == state.step()) {
                wholly(this::writeBest);
            }
        }
        log.add(metrics);
        listener.updated(metrics);
    }

    /**
     * Forgets the best validation if others could not be compared with it, or its model is gone: a
     * run that was killed may have put a later one in its place.
     */
    private void checkBest() throws IOException {
        String anew = "the best model, of update " + state.bestStep() + ", is chosen anew: ";
        if (!data.heldOut().map(HeldOutDataset::fingerprint).orElse("").equals(state.heldOut())) {
            listener.noticed(anew + "it was measured on other texts than are held out now");
            state = state.withoutBest();
        } else if (!isBest(folder.at(BEST))) {
            if (state.bestStep() == state.step()) {
                writeBest();
            } else {
                listener.noticed(anew + "the folder " + BEST + " no longer holds it");
                state = state.withoutBest();
            }
        }
    }

    private boolean isBest(Path kept) throws IOException {
        return Files.exists(kept.resolve(RunState.FILE))
                && RunState.read(kept).step() == state.bestStep();
    }

    private void writeBest() throws IOException {
        folder.replace(
                folder.at(BEST),
                made -> {
                    writeWeights(made);
                    state.write(made);
                });
    }

    private void save() throws IOException, MalformedModelException {
        try {
            learner.checkFinite();
        } catch (IllegalStateException e) {
            throw stopped(e);
        }
        wholly(this::writeCheckpoint);
        folder.keep(config.checkpoints().keep());
        wholly(this::draw);
    }

    private void writeCheckpoint() throws IOException {
        long step = state.step();
        folder.replace(
                folder.checkpoint(step),
                made -> {
                    listener.saving(step, made);
                    writeWeights(made);
                    Path optimizer = made.resolve(Learner.OPTIMIZER);
                    listener.saving(step, optimizer);
                    learner.saveOptimizer(optimizer);
                    listener.saving(step, made.resolve(RunState.FILE));
                    state.write(made);
                });
    }

    private void writeWeights(Path made) throws IOException {
        write(learner.model(), made, StoredType.F32);
    }

    private void write(CausalLanguageModel model, Path made, StoredType type) throws IOException {
        CheckpointWriter.write(
                model,
                data.defaults(),
                made,
                WriteOptions.of(type).withTokenizerFolder(config.tokenizer()));
    }

    private void draw() throws IOException {
        if (log.all().isEmpty() || !drawable) {
            return;
        }
        try {
            Curves.of(log.all()).write(folder.at(CURVES), Curves.WIDTH, Curves.HEIGHT);
        } catch (ChartException e) {
            drawable = false;
            listener.noticed(e.getMessage());
        }
    }

    /** Writes the best model, or without validations the last one, for use. */
    private void writeModel() throws IOException, MalformedModelException {
        if (state.best().isEmpty()) {
            folder.replace(folder.at(MODEL), made -> write(learner.model(), made, StoredType.BF16));
            return;
        }
        try (NDManager manager = KernelEngine.newManager()) {
            CausalLanguageModel best =
                    CheckpointLoader.load(
                            Checkpoint.open(folder.at(BEST)),
                            manager,
                            WeightFormat.FLOAT32,
                            ProgressListener.NONE);
            folder.replace(folder.at(MODEL), made -> write(best, made, StoredType.BF16));
            best.closeKernels();
        }
    }

    @Override
    public void close() throws IOException {
        try (folder;
                learner;
                log) {
            listener = RunListener.NONE;
        }
    }
}
