package io.github.lapidary.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import io.github.lapidary.Golden;
import io.github.lapidary.Tiny;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What every family promises of training: through DJL's trainer it has the loss and the gradients
 * of a reference, and takes the reference's step.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class TrainingContract extends ReferenceGradients {

    /** Returns the checkpoints whose references hold gradients. */
    abstract List<String> checkpoints();

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
    final double backward(Trainer trainer, Golden golden) throws IOException {
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

    final double backwardFromTheHead(Trainer trainer, Golden golden) throws IOException {
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

    final Map<Parameter, NDArray> sums() {
        Map<Parameter, NDArray> sums = new HashMap<>();
        for (Parameter parameter : model().parametersByPath().values()) {
            sums.put(parameter, manager.zeros(parameter.getShape()));
        }
        return sums;
    }

    final TokenLoss addGradients(Map<Parameter, NDArray> sums, Golden golden) throws IOException {
        NDList ids = new NDList(golden.array(manager, "train.input_ids"));
        return model().addGradients(ids, nextLabels(golden), sums::get);
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void gradientsAreTheReferencesWithoutACollectorAndRecomputed(String name) throws Exception {
        try (Trainer trainer = trainer(name);
                Golden golden = Tiny.golden(name)) {
            for (boolean recomputation : new boolean[] {false, true}) {
                model().setTraining(TrainingOptions.defaults().withRecomputation(recomputation));
                Map<Parameter, NDArray> sums = sums();
                TokenLoss loss = addGradients(sums, golden);
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

    /** Against the engine's own gradients of the logits. */
    @ParameterizedTest
    @MethodSource("checkpoints")
    void theSquareOfTheLogSumExpJoinsTheLoss(String name) throws Exception {
        float factor = 0.05f;
        try (Trainer trainer = trainer(name);
                Golden golden = Tiny.golden(name)) {
            double expected;
            try (GradientCollector collector = trainer.newGradientCollector()) {
                NDList ids = new NDList(golden.array(manager, "train.input_ids"));
                NDArray logits = trainer.forward(ids).head();
                NDArray loss = loss(logits, golden).add(squares(logits, golden).mul(factor));
                collector.backward(loss);
                expected = loss.getFloat();
            }
            model().setTraining(TrainingOptions.defaults().withZLossCoef(factor));
            Map<Parameter, NDArray> sums = sums();
            TokenLoss loss = addGradients(sums, golden);
            assertLoss(expected, loss.total());
            assertLoss(golden.floats("train.loss")[0], loss.mean());
            Map<String, float[]> gradients = gradients();
            for (Map.Entry<String, Parameter> parameter : model().parametersByPath().entrySet()) {
                float[] reference = gradients.get(parameter.getKey());
                NDArray actual = sums.get(parameter.getValue()).div(loss.tokens());
                Golden.assertClose(
                        parameter.getKey(),
                        reference,
                        actual.toFloatArray(),
                        1e-4 * largest(reference) + 1e-6);
            }
        }
    }

    private NDArray squares(NDArray logits, Golden golden) throws IOException {
        NDArray labels = golden.array(manager, "train.labels").get(":, 1:").flatten();
        NDArray kept = labels.neq(IGNORED).toType(DataType.FLOAT32, false);
        int vocabSize = model().config().vocabSize();
        NDArray rows = logits.get(":, :-1").reshape(-1, vocabSize);
        NDArray total = rows.exp().sum(new int[] {1}).log();
        return total.square().mul(kept).sum().div(kept.sum());
    }
}
