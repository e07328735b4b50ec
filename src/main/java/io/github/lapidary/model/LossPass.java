package io.github.lapidary.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import io.github.lapidary.kernel.GradientMode;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.nn.BFloat16Copies;
import io.github.lapidary.nn.Competition;
import io.github.lapidary.nn.DecoderLayer;
import io.github.lapidary.nn.Step;
import io.github.lapidary.nn.TrainedWeights;
import io.github.lapidary.nn.TrainingStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The loss of a model on labelled tokens, and its gradients.
 *
 * <p>Gradients go backwards layer by layer without DJL's collector, each straight into the array
 * that sums it up. Logits never exist as a whole.
 */
final class LossPass implements AutoCloseable {

    /** Joins a loss to weights, so that a collector finds gradients that are known already. */
    static final KernelMethod DELIVER =
            KernelMethod.of("gradients.deliver").tensor("y").tensors("w").tensors("g").build();

    private final CausalLanguageModel model;
    private final TrainingOptions options;
    private BFloat16Copies copies;

    LossPass(CausalLanguageModel model, TrainingOptions options) {
        this.model = model;
        this.options = options;
    }

    TrainingOptions options() {
        return options;
    }

    /** Returns the weights that are not to be taken as float32 parameters. */
    private Map<Parameter, NDArray> given() {
        if (model.format() != options.format().weights()) {
            throw new IllegalStateException(
                    "The weights are %s, but are to be trained in the format %s: call setTraining once they are loaded."
                            .formatted(model.format(), options.format()));
        }
        return switch (options.format()) {
            case FLOAT32 -> Map.of();
            case MIXED -> copies();
            case BFLOAT16 -> TrainedWeights.of(model);
        };
    }

    private Map<Parameter, NDArray> copies() {
        if (copies == null) {
            copies = new BFloat16Copies(model, model.embedding().weight().getManager());
        }
        return copies.current();
    }

    /** Computes the loss alone. */
    TokenLoss measure(NDList data, NDArray labels) {
        try (GradientMode ignored = GradientMode.notRecording();
                PaddedBatch batch = tokens(data)) {
            NDManager scope = batch.manager();
            NDArray own = batch.labels(labels, model.config().vocabSize());
            boolean asTrained = options.format() != TrainingFormat.FLOAT32;
            ParameterStore store =
                    asTrained ? new TrainingStore(scope, null, given(), parameter -> null) : null;
            try (Step step = asTrained ? step(batch, Competition.NONE) : inference(batch);
                    NDArray x = model.hidden(store, step, batch.ids(), (i, y) -> {}, () -> {});
                    NDArray normed = model.norm().forward(store, x, asTrained)) {
                NDArray losses = model.embedding().losses(store, normed, own, asTrained);
                return new TokenLoss(sum(losses.toFloatArray()), count(own));
            }
        }
    }

    /** Reads ids and maybe a mask; labels may follow, which validation in DJL's loop needs. */
    private PaddedBatch tokens(NDList data) {
        NDList inputs = data.size() == 3 ? data.subNDList(0, 2) : data;
        return PaddedBatch.of(inputs, model.config().vocabSize());
    }

    static int[] lengths(PaddedBatch batch) {
        return batch.lengths().stream().mapToInt(n -> n).toArray();
    }

    /**
     * Describes a pass over a batch in training.
     *
     * @param lossScale what the layers' own losses are multiplied by
     */
    Step step(PaddedBatch batch, double lossScale) {
        Competition competition = batch.competition(options, lossScale).withDraws(model.draws());
        return step(batch, competition);
    }

    private static Step step(PaddedBatch batch, Competition competition) {
        return named(Step.training(batch.manager(), lengths(batch), competition), batch);
    }

    /** Describes a pass over a batch that is not for training. */
    static Step inference(PaddedBatch batch) {
        return named(Step.whole(batch.manager(), lengths(batch), false), batch);
    }

    private static Step named(Step step, PaddedBatch batch) {
        step.nameRows(batch::name);
        return step;
    }

    private static double sum(float... numbers) {
        double sum = 0;
        for (float number : numbers) {
            sum += number;
        }
        return sum;
    }

    private static long count(NDArray labels) {
        return Arrays.stream(labels.toLongArray())
                .filter(label -> label != TokenLoss.IGNORED)
                .count();
    }

    /**
     * Computes the loss, and adds the gradients of its sum.
     *
     * @param trainers where a trainer keeps the parameters' arrays; null for their own
     * @param sums gives what a parameter's gradient is added to, once that is there
     * @param mean whether they are those of the mean instead
     */
    TokenLoss addGradients(
            ParameterStore trainers,
            NDList data,
            NDArray labels,
            Function<Parameter, NDArray> sums,
            boolean mean) {
        requireGradients();
        try (PaddedBatch batch = tokens(data)) {
            NDArray own = batch.labels(labels, model.config().vocabSize());
            long count = count(own);
            if (count == 0) {
                throw new IllegalArgumentException("No token of the batch has a label.");
            }
            return addGradients(trainers, batch, own, sums, mean ? 1 : count, count);
        }
    }

    /**
     * The same of a batch.
     *
     * @param weight what the mean of the loss is multiplied by
     */
    private TokenLoss addGradients(
            ParameterStore trainers,
            PaddedBatch batch,
            NDArray labels,
            Function<Parameter, NDArray> sums,
            long weight,
            long count) {
        NDManager scope = batch.manager();
        try (Step step = step(batch, (double) weight)) {
            TrainingStore store = new TrainingStore(scope, trainers, given(), sums);
            List<Piece> pieces = new ArrayList<>();
            NDArray x = forwards(store, step, batch.ids(), pieces);
            AddedLoss ofLayers = addedByLayers(step, (double) count / weight, count);
            NDArray losses = scope.zeros(new Shape(2, step.rows()));
            double zLossCoef = options.zLossCoef().orElse(model.config().zLossCoef());
            NDArray numbers = scope.create(new float[] {(float) weight / count, (float) zLossCoef});
            NDArray dx = model.embedding().lossGradients(store, x, labels, numbers, losses);
            dx = backwards(store, step, pieces, dx);
            model.embedding().addGradient(store, batch.ids(), dx);
            double squares = sum(losses.get(1).square().toFloatArray());
            AddedLoss added = new AddedLoss(zLossCoef * squares, 0, 0).plus(ofLayers);
            return new TokenLoss(sum(losses.get(0).toFloatArray()), count, added);
        }
    }

    /** Returns what layers have added to the loss, and dropped, times the number of tokens. */
    private AddedLoss addedByLayers(Step step, double factor, long count) {
        double sum = 0;
        for (int i = 0; i < model.layers().size(); i++) {
            for (NDArray loss : step.losses(i)) {
                sum += loss.getFloat();
            }
        }
        return new AddedLoss(0, factor * sum, count * step.dropped());
    }

    /** DJL tells arrays so only when a trainer is initialised, or made for a loaded model. */
    private void requireGradients() {
        for (Parameter parameter : model.parametersByPath().values()) {
            if (parameter.requiresGradient() && !parameter.getArray().hasGradient()) {
                parameter.getArray().setRequiresGradient(true);
            }
        }
    }

    /**
     * What a layer, or the last norm, was run on and what it gave.
     *
     * @param recorded what it gave, and what else its way back needs; empty if it is run again
     */
    private record Piece(NDArray x, List<NDArray> recorded) {}

    /** Returns the normed hidden states, and keeps what the way back needs. */
    private NDArray forwards(TrainingStore store, Step step, NDArray ids, List<Piece> pieces) {
        NDArray x;
        try (GradientMode ignored = GradientMode.notRecording()) {
            x = model.embedding().embed(store, ids, true);
            if (options.recomputation()) {
                for (int i = 0; i < model.layers().size(); i++) {
                    pieces.add(new Piece(x, List.of()));
                    x = model.layers().get(i).forward(store, x, step, i);
                }
            }
        }
        try (GradientMode ignored = GradientMode.recording()) {
            for (int i = pieces.size(); i < model.layers().size(); i++) {
                x.setRequiresGradient(true);
                List<NDArray> recorded = model.layers().get(i).recorded(store, x, step, i);
                pieces.add(new Piece(x, recorded));
                x = recorded.get(0).stopGradient();
            }
            x.setRequiresGradient(true);
            NDArray y = model.norm().forward(store, x, true);
            pieces.add(new Piece(x, List.of(y)));
            return y;
        }
    }

    private NDArray backwards(TrainingStore store, Step step, List<Piece> pieces, NDArray last) {
        NDArray dy = last;
        for (int i = pieces.size() - 1; i >= 0; i--) {
            Piece piece = pieces.get(i);
            NDArray dx = gradients(store, step, piece, i, dy);
            dy.close();
            piece.x.close();
            piece.recorded.forEach(NDArray::close);
            dy = dx;
        }
        return dy;
    }

    /** Returns what a layer has recorded, and its losses. */
    private static List<NDArray> outputs(Step step, Piece piece, int index) {
        List<NDArray> outputs = new ArrayList<>(piece.recorded);
        outputs.addAll(step.losses(index));
        return outputs;
    }

    private NDArray gradients(TrainingStore store, Step step, Piece piece, int index, NDArray dy) {
        if (index == model.layers().size()) {
            return model.norm().gradients(store, piece.x, piece.recorded, dy);
        }
        DecoderLayer layer = model.layers().get(index);
        return piece.recorded.isEmpty()
                ? layer.recomputedGradients(store, piece.x, dy, step, index)
                : layer.gradients(store, piece.x, outputs(step, piece, index), dy);
    }

    /**
     * Returns the mean loss [] and the number of labelled tokens [], for DJL's loop.
     *
     * @param training whether a collector may ask for gradients; then these are computed now
     */
    NDList output(ParameterStore trainers, NDList data, NDArray labels, boolean training) {
        NDManager manager = data.head().getManager();
        if (!training || !GradientMode.isRecording()) {
            TokenLoss loss = measure(data, labels);
            return new NDList(manager.create((float) loss.mean()), manager.create(loss.tokens()));
        }
        if (options.format() == TrainingFormat.BFLOAT16) {
            throw new IllegalStateException(
                    "DJL's loop trains float32 weights, not bfloat16: take the format float32 or mixed, or a GradientSum.");
        }
        try (NDManager scope = manager.newSubManager()) {
            Map<Parameter, NDArray> sums = new LinkedHashMap<>();
            List<NDArray> weights = new ArrayList<>();
            for (Parameter parameter : model.parametersByPath().values()) {
                if (parameter.requiresGradient()) {
                    sums.put(parameter, scope.zeros(parameter.getShape()));
                    weights.add(trainers.getValue(parameter, manager.getDevice(), true));
                }
            }
            TokenLoss loss = addGradients(trainers, data, labels, sums::get, true);
            NDArray mean = scope.create((float) loss.mean());
            NDArray joined = model.deliver(mean, weights, List.copyOf(sums.values()));
            joined.attach(manager);
            return new NDList(joined, manager.create(loss.tokens()));
        }
    }

    @Override
    public void close() {
        if (copies != null) {
            copies.close();
            copies = null;
        }
    }
}
