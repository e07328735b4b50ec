package io.github.lapidary.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.translate.NoopTranslator;
import io.github.lapidary.Golden;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every block promises whoever uses it alone, in any model of DJL. */
public abstract class BlockContract {

    private static final double TOLERANCE = 1e-5;

    /** How far a difference quotient in float32 may be from a gradient, relative to it. */
    private static final double GRADIENT_TOLERANCE = 0.01;

    private Model holder;
    private NDManager modelManager;
    private NDManager manager;
    private Random random;
    private NDList inputs;
    private KernelBlock block;

    /** Returns a new block; two of them differ in nothing. */
    protected abstract KernelBlock newBlock();

    /** Returns a block that this one's parameters do not fit. */
    protected abstract KernelBlock newBlockOfOtherShape();

    /** Returns inputs for the block: two rows of five tokens of width 6. */
    protected NDList inputs(NDManager target) {
        return new NDList(normal(target, new Shape(2, 5, 6)));
    }

    /** Returns the shape of the block's output for {@link #inputs}. */
    protected Shape outputShape() {
        return new Shape(2, 5, 6);
    }

    /** Returns how the block prints. */
    protected abstract String description();

    /** Returns numbers of the standard normal distribution, the same ones in every run. */
    protected final NDArray normal(NDManager target, Shape shape) {
        float[] numbers = new float[Math.toIntExact(shape.size())];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        return target.create(numbers, shape);
    }

    @BeforeEach
    void open() {
        random = new Random(7);
        holder = Model.newInstance("block");
        modelManager = holder.getNDManager();
        manager = NDManager.newBaseManager();
        inputs = inputs(manager);
        block = initialised(newBlock());
    }

    @AfterEach
    void close() {
        assertEquals(0, block.kernels().openHandles());
        manager.close();
        holder.close();
    }

    private KernelBlock initialised(KernelBlock made) {
        made.initialize(modelManager, DataType.FLOAT32, inputs.getShapes());
        for (Parameter parameter : made.parametersByPath().values()) {
            try (NDArray numbers = normal(manager, parameter.getShape()).muli(0.2f)) {
                numbers.copyTo(parameter.getArray());
            }
        }
        return made;
    }

    private NDArray forward(KernelBlock used, boolean training) {
        return used.forward(new ParameterStore(modelManager, false), inputs, training)
                .singletonOrThrow();
    }

    @Test
    void inferenceAndTrainingGiveTheSameNumbersInTheShapeForetold() {
        assertArrayEquals(new Shape[] {outputShape()}, block.getOutputShapes(inputs.getShapes()));
        NDArray inference = forward(block, false);
        assertEquals(outputShape(), inference.getShape());
        assertEquals(DataType.FLOAT32, inference.getDataType());
        NDArray training = forward(block, true);
        assertEquals(outputShape(), training.getShape());
        Golden.assertClose(
                "training", inference.toFloatArray(), training.toFloatArray(), TOLERANCE);
    }

    @Test
    void resultsBelongToTheManagerOfTheInputs() {
        forward(block, false).close();
        modelManager.cap();
        int ofModel = modelManager.getManagedArrays().size();
        for (boolean training : new boolean[] {false, true}) {
            int before = manager.getManagedArrays().size();
            NDArray result = forward(block, training);
            assertEquals(before + 1, manager.getManagedArrays().size());
            assertEquals(manager, result.getManager());
        }
        assertEquals(ofModel, modelManager.getManagedArrays().size());
    }

    @Test
    void resultsMayBeChangedInPlace() {
        NDArray result = forward(block, false);
        float[] before = result.toFloatArray();
        result.muli(2);
        assertEquals(2 * before[0], result.toFloatArray()[0]);
    }

    /** Gradient mode is on in a thread of the user's, and a block after this one saves inputs. */
    @Test
    void worksAmongBlocksOfDjlInAThreadOfTheUsers() throws Exception {
        float[] expected = forward(block, false).toFloatArray();
        LayerNorm after = LayerNorm.builder().axis(outputShape().dimension() - 1).build();
        holder.setBlock(new SequentialBlock().add(block).add(after));
        holder.getBlock().initialize(modelManager, DataType.FLOAT32, inputs.getShapes());
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try {
            NDArray result =
                    thread.submit(
                                    () -> {
                                        try (Predictor<NDList, NDList> predictor =
                                                holder.newPredictor(new NoopTranslator())) {
                                            NDList results = predictor.predict(inputs);
                                            results.attach(manager);
                                            return results.singletonOrThrow();
                                        }
                                    })
                            .get();
            assertEquals(outputShape(), result.getShape());
            NDArray alone =
                    after.forward(
                                    new ParameterStore(modelManager, false),
                                    new NDList(manager.create(expected, outputShape())),
                                    false)
                            .singletonOrThrow();
            Golden.assertClose("predictor", alone.toFloatArray(), result.toFloatArray(), TOLERANCE);
        } finally {
            thread.shutdown();
        }
    }

    @Test
    void printsItsStructureAndNoNumbers() {
        assertEquals(description(), newBlock().toString());
        assertEquals(description(), block.toString());
    }

    private static byte[] save(KernelBlock saved) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        saved.saveParameters(new DataOutputStream(bytes));
        return bytes.toByteArray();
    }

    private void load(KernelBlock target, byte[] bytes) throws Exception {
        target.loadParameters(modelManager, new DataInputStream(new ByteArrayInputStream(bytes)));
    }

    @Test
    void whatWasSavedLoadsBitForBit() throws Exception {
        byte[] saved = save(block);
        KernelBlock loaded = newBlock();
        load(loaded, saved);
        assertTrue(loaded.isInitialized());
        assertArrayEquals(saved, save(loaded));
        assertArrayEquals(
                forward(block, false).toFloatArray(), forward(loaded, false).toFloatArray());

        KernelBlock used = initialised(newBlock());
        int before = modelManager.getManagedArrays().size();
        load(used, saved);
        assertArrayEquals(saved, save(used));
        assertEquals(before, modelManager.getManagedArrays().size());
    }

    @Test
    void whatDoesNotFitIsRefusedAndChangesNothing() throws Exception {
        KernelBlock other = initialised(newBlockOfOtherShape());
        byte[] before = save(block);
        byte[] foreign = save(other);
        int arrays = modelManager.getManagedArrays().size();
        MalformedModelException e =
                assertThrows(MalformedModelException.class, () -> load(block, foreign));
        assertTrue(e.getMessage().startsWith("The saved parameters do not fit this block: "));
        for (int length : List.of(0, 3, 7, before.length - 1)) {
            byte[] part = new byte[length];
            System.arraycopy(before, 0, part, 0, length);
            assertThrows(IOException.class, () -> load(block, part));
        }
        assertArrayEquals(before, save(block));
        assertEquals(arrays, modelManager.getManagedArrays().size());
    }

    @Test
    void clearingFreesTheParameters() {
        forward(block, false).close();
        int parameters = block.parametersByPath().size();
        int before = modelManager.getManagedArrays().size();
        block.clear();
        assertEquals(before - parameters, modelManager.getManagedArrays().size());
        assertEquals(0, block.kernels().keptHandles());
    }

    /** Compares the gradient of a weighted sum of the outputs with a difference quotient. */
    @Test
    void gradientsAreDifferenceQuotients() {
        List<NDArray> variables = new ArrayList<>();
        inputs.stream().filter(x -> x.getDataType() == DataType.FLOAT32).forEach(variables::add);
        block.parametersByPath().values().forEach(p -> variables.add(p.getArray()));
        NDArray weights = normal(manager, outputShape());
        variables.forEach(x -> x.setRequiresGradient(true));
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            collector.backward(forward(block, true).mul(weights).sum());
        }
        for (NDArray variable : variables) {
            NDArray direction = normal(manager, variable.getShape());
            double expected = NDArrays.mul(variable.getGradient(), direction).sum().getFloat();
            variable.setRequiresGradient(false);
            double quotient = quotient(weights, variable, direction);
            assertEquals(
                    expected,
                    quotient,
                    GRADIENT_TOLERANCE * Math.max(1, Math.abs(expected)),
                    variable.getName() + " " + variable.getShape());
        }
    }

    private double quotient(NDArray weights, NDArray variable, NDArray direction) {
        double width = 1e-3;
        NDArray before = variable.duplicate();
        direction.mul(width).add(before).copyTo(variable);
        double above = sum(weights);
        direction.mul(-width).add(before).copyTo(variable);
        double below = sum(weights);
        before.copyTo(variable);
        return (above - below) / (2 * width);
    }

    private double sum(NDArray weights) {
        float[] outputs = forward(block, false).toFloatArray();
        float[] factors = weights.toFloatArray();
        double sum = 0;
        for (int i = 0; i < outputs.length; i++) {
            sum += (double) outputs[i] * factors[i];
        }
        return sum;
    }
}
