package io.github.lapidary.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import io.github.lapidary.Golden;
import io.github.lapidary.Tiny;
import io.github.lapidary.nn.Linear;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What every family promises of training: through DJL's trainer it has the loss and the gradients
 * of a reference, and takes the reference's step.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class TrainingContract {

    private static final double LOSS_TOLERANCE = 1e-5;
    private static final String GRADIENT = "train.grad.";
    private static final long IGNORED = -100;

    private Model holder;
    private NDManager manager;

    /** Returns the checkpoints whose references hold gradients. */
    abstract List<String> checkpoints();

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

    private Trainer trainer(String name) throws Exception {
        holder.setBlock(Tiny.load(name, holder.getNDManager()));
        Optimizer plain = Optimizer.sgd().setLearningRateTracker(Tracker.fixed(0.01f)).build();
        Trainer trainer =
                holder.newTrainer(
                        new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
                                .optOptimizer(plain));
        trainer.initialize(new Shape(1, 1));
        return trainer;
    }

    private CausalLanguageModel model() {
        return (CausalLanguageModel) holder.getBlock();
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void lossGradientsAndStepAreTheReferences(String name) throws Exception {
        try (Trainer trainer = trainer(name);
                Golden golden = Tiny.golden(name)) {
            assertLoss(golden.floats("train.loss")[0], backward(trainer, golden));
            Map<String, float[]> gradients = gradients();
            assertGradients(golden, gradients);
            double norm = Math.sqrt(gradients.values().stream().mapToDouble(g -> dot(g)).sum());
            assertLoss(golden.floats("train.grad_global_norm")[0], norm);

            trainer.step();
            float after = golden.floats("train.loss_after_sgd_0.01")[0];
            assertLoss(after, backward(trainer, golden));
            NDList ids = new NDList(golden.array(manager, "train.input_ids"));
            assertLoss(after, loss(trainer.evaluate(ids).head(), golden).getFloat());
        }
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void stepsLeaveTheFileAlone(String name) throws Exception {
        Map<Path, byte[]> before = weightFiles(name);
        assertFalse(before.isEmpty());
        try (Trainer trainer = trainer(name);
                Golden golden = Tiny.golden(name)) {
            backward(trainer, golden);
            trainer.step();
        }
        weightFiles(name).forEach((file, bytes) -> assertArrayEquals(before.get(file), bytes));
    }

    /**
     * Arrays that Java makes lie in buffers of Java, which are freed with them, though the graph
     * may still hold the engine's tensor.
     */
    @ParameterizedTest
    @MethodSource("checkpoints")
    void theGraphHoldsNothingThatIsFreed(String name) throws Exception {
        try (Trainer trainer = trainer(name);
                Golden golden = Tiny.golden(name);
                GradientCollector collector = trainer.newGradientCollector()) {
            NDArray ids = golden.array(manager, "train.input_ids");
            NDArray loss = loss(trainer.forward(new NDList(ids)).head(), golden);
            overwriteFreedMemory();
            collector.backward(loss);
            assertGradients(golden, gradients());
        }
    }

    private static void overwriteFreedMemory() throws InterruptedException {
        for (int round = 0; round < 5; round++) {
            System.gc();
            Thread.sleep(10); // another thread frees what was collected
            for (int bytes = 8; bytes < 1024; bytes += 8) {
                ByteBuffer buffer = ByteBuffer.allocateDirect(bytes);
                while (buffer.hasRemaining()) {
                    buffer.put((byte) 0x55);
                }
            }
        }
    }

    private static Map<Path, byte[]> weightFiles(String name) throws IOException {
        Map<Path, byte[]> files = new HashMap<>();
        try (Stream<Path> paths = Files.list(Tiny.path(name))) {
            for (Path path : paths.filter(p -> p.toString().contains("model")).toList()) {
                files.put(path, Files.readAllBytes(path));
            }
        }
        return files;
    }

    /** Runs forward and backward; returns the loss. */
    private double backward(Trainer trainer, Golden golden) throws IOException {
        try (GradientCollector collector = trainer.newGradientCollector()) {
            NDList ids = new NDList(golden.array(manager, "train.input_ids"));
            NDArray loss = loss(trainer.forward(ids).head(), golden);
            collector.backward(loss);
            return loss.getFloat();
        }
    }

    /** Returns the mean over the kept labels; the logits of a token foretell the next label. */
    private NDArray loss(NDArray logits, Golden golden) throws IOException {
        NDArray labels = golden.array(manager, "train.labels").get(":, 1:").flatten();
        NDArray kept = labels.neq(IGNORED).toType(DataType.FLOAT32, false);
        NDArray index = labels.maximum(0).toType(DataType.INT64, false).expandDims(1);
        int vocabSize = model().config().vocabSize();
        return logits.get(":, :-1")
                .reshape(-1, vocabSize)
                .logSoftmax(-1)
                .gather(index, 1)
                .squeeze(1)
                .mul(kept)
                .sum()
                .neg()
                .div(kept.sum());
    }

    /** Returns the labels of the reference where a token foretells them: one place before. */
    private NDArray nextLabels(Golden golden) throws IOException {
        long[] labels = golden.longs("train.labels");
        Shape shape = golden.shape("train.labels");
        int width = Math.toIntExact(shape.get(1));
        for (int i = 0; i < labels.length; i++) {
            labels[i] = (i + 1) % width == 0 ? IGNORED : labels[i + 1];
        }
        return manager.create(labels, shape);
    }

    private double backwardFromTheHead(Trainer trainer, Golden golden) throws IOException {
        try (GradientCollector collector = trainer.newGradientCollector()) {
            NDList ids = new NDList(golden.array(manager, "train.input_ids"));
            NDList result = trainer.forward(ids, new NDList(nextLabels(golden)));
            collector.backward(result.head());
            return result.head().getFloat();
        }
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void theLossMadeInTheHeadIsTheReferences(String name) throws Exception {
        try (Trainer trainer = trainer(name);
                Golden golden = Tiny.golden(name)) {
            assertLoss(golden.floats("train.loss")[0], backwardFromTheHead(trainer, golden));
            assertGradients(golden, gradients());
            trainer.step();
            float after = golden.floats("train.loss_after_sgd_0.01")[0];
            assertLoss(after, backwardFromTheHead(trainer, golden));
            NDArray ids = golden.array(manager, "train.input_ids");
            NDArray labels = nextLabels(golden);
            assertLoss(after, model().loss(new NDList(ids), labels).mean());
            NDArray mask = ids.onesLike();
            assertLoss(after, trainer.evaluate(new NDList(ids, mask, labels)).head().getFloat());
        }
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void gradientsAreTheReferencesWithoutACollectorAndRecomputed(String name) throws Exception {
        try (Trainer trainer = trainer(name);
                Golden golden = Tiny.golden(name)) {
            for (boolean recomputation : new boolean[] {false, true}) {
                model().setTraining(TrainingOptions.defaults().withRecomputation(recomputation));
                Map<Parameter, NDArray> sums = new HashMap<>();
                for (Parameter parameter : model().parametersByPath().values()) {
                    sums.put(parameter, manager.zeros(parameter.getShape()));
                }
                NDList ids = new NDList(golden.array(manager, "train.input_ids"));
                TokenLoss loss = model().addGradients(ids, nextLabels(golden), sums::get);
                assertLoss(golden.floats("train.loss")[0], loss.mean());
                Map<String, float[]> gradients = new HashMap<>();
                model().parametersByPath()
                        .forEach(
                                (path, parameter) ->
                                        gradients.put(
                                                path,
                                                sums.get(parameter)
                                                        .div(loss.tokens())
                                                        .toFloatArray()));
                assertGradients(golden, gradients);
            }
        }
    }

    private static void assertLoss(double expected, double actual) {
        assertEquals(expected, actual, LOSS_TOLERANCE * Math.abs(expected));
    }

    private Map<String, float[]> gradients() {
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

    private void assertGradients(Golden golden, Map<String, float[]> gradients) throws IOException {
        List<String> names =
                golden.names().stream().filter(name -> name.startsWith(GRADIENT)).toList();
        assertFalse(names.isEmpty());
        for (String name : names) {
            float[] expected = golden.floats(name);
            double largest = 0;
            for (float number : expected) {
                largest = Math.max(largest, Math.abs(number));
            }
            float[] actual = part(gradients, place(name.substring(GRADIENT.length())));
            Golden.assertClose(name, expected, actual, 1e-4 * largest + 1e-6);
        }
    }

    private float[] part(Map<String, float[]> gradients, Place place) {
        float[] whole = gradients.get(place.path());
        Block owner = model().at(place.path().substring(0, place.path().lastIndexOf('.')));
        if (!(owner instanceof Linear linear)) {
            return whole;
        }
        List<Long> parts = linear.parts();
        long width = whole.length / parts.stream().mapToLong(n -> n).sum();
        long first = parts.subList(0, place.part()).stream().mapToLong(n -> n).sum() * width;
        return Arrays.copyOfRange(
                whole, (int) first, (int) (first + parts.get(place.part()) * width));
    }

    private static double dot(float[] numbers) {
        double sum = 0;
        for (float number : numbers) {
            sum += (double) number * number;
        }
        return sum;
    }
}
