package io.github.lapidary.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import io.github.lapidary.Golden;
import io.github.lapidary.Tiny;
import io.github.lapidary.nn.Experts;
import io.github.lapidary.nn.Linear;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A model in DJL's trainer, whose gradients are held against those of a reference. */
abstract class ReferenceGradients {

    private static final double LOSS_TOLERANCE = 1e-5;
    private static final String GRADIENT = "train.grad.";
    static final long IGNORED = -100;

    private Model holder;
    NDManager manager;

    /**
     * Where a foreign parameter lies in the model.
     *
     * @param path the parameter
     * @param part which of the matrices that lie one below another in it
     */
    record Place(String path, int part) {}

    /** Returns the place of a parameter of the reference. */
    abstract Place place(String foreignName);

    @BeforeEach
    void open() {
        holder = Model.newInstance("tiny");
        manager = holder.getNDManager().newSubManager();
    }

    @AfterEach
    void close() {
        holder.close();
    }

    final Trainer trainer(String name) throws Exception {
        holder.setBlock(Tiny.load(name, holder.getNDManager()));
        Optimizer plain = Optimizer.sgd().setLearningRateTracker(Tracker.fixed(0.01f)).build();
        Trainer trainer =
                holder.newTrainer(
                        new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
                                .optOptimizer(plain));
        trainer.initialize(new Shape(1, 1));
        return trainer;
    }

    final CausalLanguageModel model() {
        return (CausalLanguageModel) holder.getBlock();
    }

    /** Returns the labels of the reference where a token foretells them: one place before. */
    final NDArray nextLabels(Golden golden) throws IOException {
        long[] labels = golden.longs("train.labels");
        Shape shape = golden.shape("train.labels");
        int width = Math.toIntExact(shape.get(1));
        for (int i = 0; i < labels.length; i++) {
            labels[i] = (i + 1) % width == 0 ? IGNORED : labels[i + 1];
        }
        return manager.create(labels, shape);
    }

    static void assertLoss(double expected, double actual) {
        assertEquals(expected, actual, LOSS_TOLERANCE * Math.abs(expected));
    }

    final Map<String, float[]> gradients() {
        Map<String, float[]> gradients = new HashMap<>();
        model().parametersByPath()
                .forEach(
                        (path, parameter) -> {
                            try (NDArray gradient = parameter.getArray().getGradient()) {
                                gradients.put(path, gradient.toFloatArray());
                            }
                        });
        return gradients;
    }

    final void assertGradients(Golden golden, Map<String, float[]> gradients) throws IOException {
        assertGradients(golden, gradients, GRADIENT);
    }

    final void assertGradients(Golden golden, Map<String, float[]> gradients, String prefix)
            throws IOException {
        List<String> names =
                golden.names().stream().filter(name -> name.startsWith(prefix)).toList();
        assertFalse(names.isEmpty());
        for (String name : names) {
            float[] expected = golden.floats(name);
            float[] actual = part(gradients, place(name.substring(prefix.length())));
            Golden.assertClose(name, expected, actual, 1e-4 * largest(expected) + 1e-6);
        }
    }

    private float[] part(Map<String, float[]> gradients, Place place) {
        float[] whole = gradients.get(place.path());
        String owner = place.path().substring(0, place.path().lastIndexOf('.'));
        List<Long> parts = parts(model().at(owner), model().parametersByPath().get(place.path()));
        long width = whole.length / parts.stream().mapToLong(n -> n).sum();
        long first = parts.subList(0, place.part()).stream().mapToLong(n -> n).sum() * width;
        return Arrays.copyOfRange(
                whole, (int) first, (int) (first + parts.get(place.part()) * width));
    }

    /** Returns how many rows each of the matrices has that lie one below another in a parameter. */
    private static List<Long> parts(Block owner, Parameter parameter) {
        if (owner instanceof Linear linear) {
            return linear.parts();
        }
        if (owner instanceof Experts) {
            return Collections.nCopies((int) parameter.getShape().get(0), 1L);
        }
        return List.of(parameter.getShape().get(0));
    }

    static double largest(float... numbers) {
        double largest = 0;
        for (float number : numbers) {
            largest = Math.max(largest, Math.abs(number));
        }
        return largest;
    }

    static double dot(float[] numbers) {
        double sum = 0;
        for (float number : numbers) {
            sum += (double) number * number;
        }
        return sum;
    }
}
