package io.github.lapidary.training.run;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.dataset.Batch;
import ai.djl.translate.TranslateException;
import io.github.lapidary.checkpoint.Checkpoint;
import io.github.lapidary.checkpoint.CheckpointLoader;
import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.data.DataPosition;
import io.github.lapidary.data.HeldOutDataset;
import io.github.lapidary.file.MalformedFileException;
import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.kernel.KernelEngine;
import io.github.lapidary.kernel.format.Tensors;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.model.Models;
import io.github.lapidary.model.TokenLoss;
import io.github.lapidary.model.TrainingOptions;
import io.github.lapidary.nn.Competition.Draws;
import io.github.lapidary.training.AdamW;
import io.github.lapidary.training.GradientSum;
import io.github.lapidary.training.NonFiniteGradientException;
import io.github.lapidary.training.Validation;
import io.github.lapidary.training.run.RunConfig.Competing.Within;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeSet;

/** A model with all that an update of it takes. */
final class Learner implements AutoCloseable {

    static final String OPTIMIZER = "optimizer.safetensors";

    private static final long PIECE = 1 << 22; // numbers copied at once

    private final RunData data;
    private final int seed;
    private final int accumulation;
    private final NDManager manager = KernelEngine.newManager();
    private final CausalLanguageModel model;
    private final AdamW optimizer;
    private final GradientSum sum;
    private final Iterator<Batch> batches;

    private Learner(RunConfig config, RunData data) throws IOException, MalformedModelException {
        this.data = data;
        seed = config.seed();
        accumulation = config.accumulation();
        model = Models.of(data.modelConfig());
        try {
            model.link(manager); // the first in a process would draw numbers, too
            KernelEngine.get().setRandomSeed(config.seed());
            model.initialize(manager, DataType.FLOAT32, new Shape(1, 1));
            model.setTraining(options(config));
            if (!config.model().isNew()) {
                fill(config.model().path());
            }
            optimizer =
                    AdamW.builder(model.parametersByPath())
                            .optLearningRateTracker(config.learningRate())
                            .optWeightDecays((float) config.weightDecay())
                            .optBetas(config.beta1(), config.beta2())
                            .optClipNorm(config.clipNorm())
                            .build();
            sum = new GradientSum(model);
            batches = data.training().getData(manager).iterator();
        } catch (IOException | MalformedModelException | RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    private static TrainingOptions options(RunConfig config) {
        TrainingOptions options =
                TrainingOptions.defaults()
                        .withFormat(config.format())
                        .withRecomputation(config.recompute())
                        .withBatchCompetes(config.experts().within() == Within.BATCH);
        OptionalDouble factor = config.experts().capacityFactor();
        return factor.isPresent() ? options.withCapacityFactor(factor.getAsDouble()) : options;
    }

    static Learner of(RunConfig config, RunData data) throws IOException, MalformedModelException {
        return new Learner(config, data);
    }

    /**
     * Copies the weights of a checkpoint. Those of its file would lie elsewhere in memory, where
     * the last bits of a sum may be others.
     */
    private void fill(Path path) throws IOException, MalformedModelException {
        Checkpoint checkpoint = Checkpoint.open(path);
        checkShape(path, checkpoint.config(), model.config());
        try (NDManager own = manager.newSubManager()) {
            CausalLanguageModel loaded =
                    CheckpointLoader.load(
                            checkpoint, own, WeightFormat.FLOAT32, ProgressListener.NONE);
            try (Tensors tensors = new Tensors(own)) {
                Map<String, Parameter> from = loaded.parametersByPath();
                model.parametersByPath()
                        .forEach(
                                (name, to) ->
                                        copy(from.get(name).getArray(), to.getArray(), tensors));
            }
            loaded.closeKernels();
        }
    }

    private static void copy(NDArray from, NDArray to, Tensors tensors) {
        for (long first = 0; first < from.size(); first += PIECE) {
            try (NDArray piece = tensors.slice(from, first, Math.min(from.size(), first + PIECE))) {
                tensors.put(to, piece.toByteBuffer(true), first);
            }
        }
    }

    /**
     * Holds the shape of a checkpoint against that of the model it is for.
     *
     * @throws MalformedFileException naming what differs
     */
    static void checkShape(Path path, ModelConfig found, ModelConfig expected)
            throws MalformedFileException {
        Map<String, Object> here = expected.jsonValues();
        Map<String, Object> there = found.jsonValues();
        TreeSet<String> keys = new TreeSet<>(here.keySet());
        keys.addAll(there.keySet());
        keys.removeIf(key -> String.valueOf(here.get(key)).equals(String.valueOf(there.get(key))));
        if (!keys.isEmpty()) {
            String first = keys.first();
            throw new MalformedFileException(
                    path,
                    "the checkpoint is of another model: expected %s %s, found %s; %s differ."
                            .formatted(first, here.get(first), there.get(first), keys));
        }
    }

    CausalLanguageModel model() {
        return model;
    }

    /** Returns where the data are after the last batch. */
    DataPosition position() {
        return data.training().position();
    }

    /** Goes on from a checkpoint of the run. */
    void restore(Path checkpoint, DataPosition position)
            throws IOException, MalformedModelException {
        try {
            data.training().restore(position);
        } catch (IllegalArgumentException e) {
            throw new MalformedFileException(
                    checkpoint,
                    "the run was saved with other data, seed or sizes: " + e.getMessage(),
                    e);
        }
        fill(checkpoint);
        optimizer.load(checkpoint.resolve(OPTIMIZER));
    }

    void saveOptimizer(Path file) throws IOException {
        optimizer.save(file);
    }

    /**
     * Makes an update.
     *
     * @return nothing if the thread was interrupted before it was made; then the batches are lost
     * @throws IllegalStateException if the loss or a gradient is not finite; the weights are as
     *     before
     */
    Optional<Metrics> update() {
        long start = System.nanoTime();
        for (int i = 0; i < accumulation; i++) {
            if (Thread.currentThread().isInterrupted()) {
                sum.clear();
                return Optional.empty();
            }
            // Of their place in the run alone, so that a run that goes on draws the same.
            model.setDraws(Draws.of(seed, optimizer.updates(), i));
            try (Batch batch = batches.next()) {
                sum.add(batch.getData(), batch.getLabels().head());
            }
        }
        TokenLoss loss = sum.loss();
        double learningRate = optimizer.learningRate();
        if (!Double.isFinite(loss.mean())) {
            throw refusal(loss);
        }
        optimizer.step(sum);
        double seconds = (System.nanoTime() - start) / 1e9;
        return Optional.of(
                new Metrics(
                        optimizer.updates(),
                        loss.mean(),
                        learningRate,
                        optimizer.gradientNorm(),
                        loss.tokens(),
                        loss.tokens() / seconds,
                        loss.total() - loss.mean(),
                        loss.dropped(),
                        Optional.empty()));
    }

    /** A loss that is no number makes gradients that are none, whose parameter is named. */
    private IllegalStateException refusal(TokenLoss loss) {
        long step = optimizer.updates() + 1;
        String found = "The loss of update %d is %s. ".formatted(step, loss.mean());
        try {
            optimizer.step(sum);
        } catch (NonFiniteGradientException e) {
            return new IllegalStateException(found + e.getMessage(), e);
        }
        return new IllegalStateException(found + "All gradients are finite.");
    }

    /**
     * Refuses weights that an update has brought beyond all numbers, before they are saved.
     *
     * @throws IllegalStateException naming the first
     */
    void checkFinite() {
        try (Tensors tensors = new Tensors(manager)) {
            model.parametersByPath()
                    .forEach(
                            (name, parameter) -> {
                                if (!Float.isFinite(tensors.sum(parameter.getArray()))) {
                                    throw new IllegalStateException(
                                            "After update %d the weights %s are not finite."
                                                    .formatted(optimizer.updates(), name));
                                }
                            });
        }
    }

    /**
     * Returns how good the model is on texts held out.
     *
     * @throws IllegalStateException if the loss is not finite
     */
    Quality measure(HeldOutDataset heldOut) throws IOException {
        try {
            TokenLoss loss = Validation.loss(model, heldOut);
            if (!Double.isFinite(loss.mean())) {
                throw new IllegalStateException(
                        "After update %d the loss of the validation is %s."
                                .formatted(optimizer.updates(), loss.mean()));
            }
            return Quality.of(loss, heldOut.textBytes());
        } catch (TranslateException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        optimizer.close();
        sum.close();
        model.closeKernels();
        manager.close();
    }
}
