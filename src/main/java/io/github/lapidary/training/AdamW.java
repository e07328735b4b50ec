package io.github.lapidary.training;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;

/**
 * AdamW in PyTorch's formula, for all parameters in one kernel and in place.
 *
 * <p>With gradients g, divided by {@code max(1, |g| / clip norm)}:
 *
 * <pre>
 * m = b1 m + (1 − b1) g        v = b2 v + (1 − b2) g²
 * w = w (1 − lr · decay) − lr · (m / (1 − b1^t)) / (√(v / (1 − b2^t)) + eps)
 * </pre>
 *
 * <p>In DJL's loop it is the optimizer of a {@code TrainingConfig}: it updates all parameters when
 * the trainer steps, on one device. Without DJL's loop {@link #step(GradientSum)} does. Not safe
 * for use from many threads.
 *
 * @see <a href="https://arxiv.org/abs/1711.05101">Loshchilov and Hutter, Decoupled Weight Decay
 *     Regularization</a>
 */
public final class AdamW extends Optimizer implements AutoCloseable {

    private final AdamWState state;
    private final Map<String, Parameter> parameters;
    private final Set<String> decayed = new HashSet<>();
    private final Map<String, String> pathsById = new HashMap<>();
    private final Set<String> seen = new HashSet<>();
    private final Builder settings;
    private int batches;
    private double gradientNorm = Double.NaN;

    private AdamW(Builder builder) {
        super(builder);
        if (rescaleGrad != 1 || clipGrad >= 0) {
            throw new IllegalArgumentException(
                    "AdamW neither rescales gradients (%s) nor clips their elements (%s): use optClipNorm."
                            .formatted(rescaleGrad, clipGrad));
        }
        settings = builder;
        // Those that decay come first, as the kernel wants them.
        parameters = new LinkedHashMap<>();
        builder.parameters.forEach(
                (path, parameter) -> {
                    if (builder.decayed.test(path, parameter)) {
                        decayed.add(path);
                        parameters.put(path, parameter);
                    }
                });
        parameters.putAll(builder.parameters);
        parameters.forEach((path, parameter) -> pathsById.put(parameter.getId(), path));
        state = new AdamWState(parameters);
    }

    /**
     * Starts the settings of an optimizer.
     *
     * @param parameters those of the model by path, as {@link
     *     io.github.lapidary.nn.KernelBlock#parametersByPath} gives them
     */
    public static Builder builder(Map<String, Parameter> parameters) {
        return new Builder(parameters);
    }

    /**
     * Called by DJL's trainer for one parameter after another; the first call of a round updates
     * all, or with accumulation every so manyth round does.
     *
     * @param gradient not used; the parameters' own are
     * @throws NonFiniteGradientException if a gradient is not finite; nothing has changed
     * @throws IllegalArgumentException if the parameter is none of those it was made for
     * @throws IllegalStateException if training is on several devices
     */
    @Override
    public void update(String parameterId, NDArray weight, NDArray gradient) {
        String path = pathsById.get(parameterId);
        if (path == null) {
            throw new IllegalArgumentException(
                    "AdamW was not made for the parameter "
                            + weight.getShape()
                            + " that is trained.");
        }
        if (parameters.get(path).getArray() != weight) {
            throw new IllegalStateException("AdamW updates " + path + " on one device only.");
        }
        if (!seen.add(parameterId)) {
            seen.clear();
            seen.add(parameterId);
        }
        if (seen.size() == 1) {
            batches++;
            if (batches == settings.accumulation) {
                batches = 0;
                updateFromCollector();
            }
        }
    }

    private void updateFromCollector() {
        List<String> paths = trained();
        List<NDArray> gradients = new ArrayList<>();
        try {
            for (String path : paths) {
                gradients.add(parameters.get(path).getArray().getGradient());
            }
            update(paths, gradients, settings.accumulation);
        } finally {
            gradients.forEach(NDArray::close);
        }
    }

    /**
     * Updates the parameters by the mean over the tokens of the gradients summed up, which are
     * cleared.
     *
     * @throws NonFiniteGradientException if a gradient is not finite; no parameter has changed
     * @throws IllegalArgumentException if nothing was summed up, or it is of another model
     */
    public void step(GradientSum sum) {
        if (sum.loss().tokens() == 0) {
            throw new IllegalArgumentException("No batch was added since the last step.");
        }
        List<String> paths = trained();
        paths.forEach(path -> sum.checkOf(path, parameters.get(path)));
        List<NDArray> gradients =
                paths.stream().map(path -> sum.array(parameters.get(path))).toList();
        try {
            update(paths, gradients, (double) sum.loss().tokens());
        } catch (RuntimeException | Error e) {
            sum.clear();
            throw e;
        }
        sum.restart();
    }

    private List<String> trained() {
        return parameters.keySet().stream()
                .filter(path -> parameters.get(path).requiresGradient())
                .toList();
    }

    private void update(List<String> paths, List<NDArray> gradients, double divisor) {
        double squares = 0;
        float[] norms = state.norms(gradients);
        for (int i = 0; i < norms.length; i++) {
            if (!Float.isFinite(norms[i])) {
                state.drop(gradients);
                throw new NonFiniteGradientException(state.updates() + 1, paths.get(i));
            }
            squares += (double) norms[i] * norms[i];
        }
        gradientNorm = Math.sqrt(squares) / divisor;
        double clipped = Math.max(1, (gradientNorm + 1e-6) / settings.clipNorm);
        double[] numbers = {
            learningRate(),
            settings.beta1,
            settings.beta2,
            settings.epsilon,
            getWeightDecay(),
            divisor * clipped
        };
        int first = (int) paths.stream().filter(decayed::contains).count();
        state.update(paths, gradients, first, numbers);
    }

    /** Returns how many updates there were, those before {@link #load} too. */
    public long updates() {
        return state.updates();
    }

    /** Returns the learning rate of the next update. */
    public double learningRate() {
        return settings.learningRate.getNewValue(Math.toIntExact(state.updates() + 1));
    }

    /** Returns the norm of all gradients at the last update, before clipping; NaN before one. */
    public double gradientNorm() {
        return gradientNorm;
    }

    /**
     * Saves the moments and counts by the parameters' paths, as a safetensors file with a checksum.
     *
     * @throws IOException if it cannot be written; an older file of this name stays
     */
    public void save(Path file) throws IOException {
        state.save(file);
    }

    /**
     * Goes on from what {@link #save} wrote; the learning rate too, by the number of updates.
     *
     * @throws io.github.lapidary.file.MalformedFileException if the file is damaged, or one of
     *     other parameters or shapes; nothing has changed
     * @throws IOException if it cannot be read
     */
    public void load(Path file) throws IOException {
        state.load(file);
    }

    /** Frees the moments; without it they live as long as the parameters. */
    @Override
    public void close() {
        state.close();
    }

    /** Settings of an optimizer. */
    public static final class Builder extends OptimizerBuilder<Builder> {

        private final Map<String, Parameter> parameters;
        private Tracker learningRate = Tracker.fixed(1e-3f);
        private double beta1 = 0.9;
        private double beta2 = 0.999;
        private double epsilon = 1e-8;
        private double clipNorm = Double.POSITIVE_INFINITY;
        private int accumulation = 1;
        private BiPredicate<String, Parameter> decayed =
                (path, parameter) -> parameter.getShape().dimension() > 1 && !path.endsWith("bias");

        private Builder(Map<String, Parameter> parameters) {
            this.parameters =
                    Map.copyOf(parameters).isEmpty() ? Map.of() : new LinkedHashMap<>(parameters);
        }

        @Override
        protected Builder self() {
            return this;
        }

        /** Sets the learning rate by the number of the update, from 1; by default 0.001. */
        public Builder optLearningRateTracker(Tracker tracker) {
            learningRate = tracker;
            return this;
        }

        /** Sets what moments keep of themselves, by default 0.9 and 0.999. */
        public Builder optBetas(double first, double second) {
            if (!(first >= 0 && first < 1 && second >= 0 && second < 1)) {
                throw new IllegalArgumentException(
                        "Betas lie from 0 to below 1, not " + first + " and " + second + ".");
            }
            beta1 = first;
            beta2 = second;
            return this;
        }

        /** Sets what is added to the root, by default 1e-8. */
        public Builder optEpsilon(double newEpsilon) {
            epsilon = newEpsilon;
            return this;
        }

        /**
         * Chooses by path and parameter what decays; by default matrices, those of experts too, and
         * no biases.
         */
        public Builder optDecayed(BiPredicate<String, Parameter> predicate) {
            decayed = predicate;
            return this;
        }

        /** Sets the largest norm of all gradients together; larger ones are scaled down to it. */
        public Builder optClipNorm(double norm) {
            if (!(norm > 0)) {
                throw new IllegalArgumentException(
                        "The norm to clip at is above 0, not " + norm + ".");
            }
            clipNorm = norm;
            return this;
        }

        /**
         * Lets DJL's trainer step so many times for one update, by the mean of the gradients: as
         * {@code EasyTrain} steps after every batch, of so many batches.
         */
        public Builder optAccumulation(int steps) {
            if (steps < 1) {
                throw new IllegalArgumentException(
                        "At least one step makes an update, not " + steps + ".");
            }
            accumulation = steps;
            return this;
        }

        /** Makes the optimizer. */
        public AdamW build() {
            return new AdamW(this);
        }
    }
}
