package io.github.lapidary.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.SequentialBlock;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import ai.djl.translate.NoopTranslator;
import io.github.lapidary.Golden;
import io.github.lapidary.ProcessMemory;
import io.github.lapidary.Tiny;
import io.github.lapidary.checkpoint.Checkpoint;
import io.github.lapidary.checkpoint.CheckpointLoader;
import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.state.DecodingState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A language model as the block of a model of DJL's: saved, loaded, copied, trained, closed. */
class DjlModelTest {

    /** Its weights are stored in bfloat16. */
    private static final String NAME = "gemma3_mqa";

    private static final long[] IDS = Tiny.ids(12);

    @TempDir private Path folder;
    private Model holder;
    private NDManager manager;

    @BeforeEach
    void open() {
        holder = Model.newInstance("tiny");
        manager = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        manager.close();
        holder.close();
    }

    private CausalLanguageModel load(WeightFormat format) throws Exception {
        CausalLanguageModel block = Tiny.load(NAME, holder.getNDManager(), format);
        holder.setBlock(block);
        return block;
    }

    private NDList input() {
        return new NDList(manager.create(IDS, new Shape(1, IDS.length)));
    }

    private float[] logits(Model model) {
        return model.getBlock()
                .forward(new ParameterStore(model.getNDManager(), false), input(), false)
                .head()
                .toFloatArray();
    }

    private Model reloaded() throws Exception {
        Model other = Model.newInstance("other");
        other.setBlock(Models.of(((CausalLanguageModel) holder.getBlock()).config()));
        try {
            other.load(folder, "tiny");
        } catch (IOException | MalformedModelException e) {
            other.close();
            throw e;
        }
        return other;
    }

    /** What is saved of a bfloat16 model are the float32 numbers that it stands for. */
    @ParameterizedTest
    @EnumSource(WeightFormat.class)
    void whatDjlSavesItLoadsAsFloat32(WeightFormat format) throws Exception {
        load(format);
        holder.save(folder, "tiny");
        try (Model exact = Model.newInstance("exact");
                Model other = reloaded()) {
            exact.setBlock(Tiny.load(NAME, exact.getNDManager(), WeightFormat.FLOAT32));
            assertEquals(WeightFormat.FLOAT32, ((CausalLanguageModel) other.getBlock()).format());
            assertArrayEquals(logits(exact), logits(other));
        }
    }

    @Test
    void aModelThatLoadsIntoItselfBecomesFloat32() throws Exception {
        CausalLanguageModel block = load(WeightFormat.BFLOAT16);
        float[] before = logits(holder);
        holder.save(folder, "tiny");
        holder.load(folder, "tiny");
        assertEquals(WeightFormat.FLOAT32, block.format());
        Golden.assertClose("logits", before, logits(holder), 0.5);
        Decoding decoding = new Decoding(block, manager);
        try (DecodingState state = decoding.start()) {
            Golden.assertClose("state", logits(holder), decoding.feed(state, IDS), 1e-4);
        }
    }

    @Test
    void filesThatAreCutOffOrOfAnotherModelAreRefused() throws Exception {
        load(WeightFormat.FLOAT32);
        holder.save(folder, "tiny");
        Path file;
        try (Stream<Path> files = Files.list(folder)) {
            file = files.findFirst().orElseThrow();
        }
        byte[] saved = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(saved, saved.length - 100));
        assertThrows(IOException.class, this::reloaded);

        Files.write(file, saved);
        holder.setBlock(Tiny.load("gemma2", holder.getNDManager(), WeightFormat.FLOAT32));
        MalformedModelException e = assertThrows(MalformedModelException.class, this::reloaded);
        assertTrue(
                e.getMessage()
                        .startsWith(
                                "The saved parameters do not fit this block: the number of"
                                        + " parameters should be "),
                e::getMessage);
    }

    /** A predictor may copy the weights that can be copied, and what it made is freed. */
    @ParameterizedTest
    @EnumSource(WeightFormat.class)
    void predictorsMayCopyTheWeights(WeightFormat format) throws Exception {
        CausalLanguageModel block = load(format);
        KernelModule kernels = block.link(holder.getNDManager());
        float[] expected = logits(holder);
        int kept = kernels.keptHandles();
        int arrays = holder.getNDManager().getManagedArrays().size();
        for (int i = 0; i < 3; i++) {
            try (Predictor<NDList, NDList> copying = predictor(true);
                    Predictor<NDList, NDList> sharing = predictor(false)) {
                assertArrayEquals(expected, predict(copying));
                assertArrayEquals(expected, predict(sharing));
                assertArrayEquals(expected, predict(copying));
            }
        }
        assertEquals(kept, kernels.keptHandles());
        assertEquals(arrays, holder.getNDManager().getManagedArrays().size());
        assertEquals(0, kernels.openHandles());
    }

    private Predictor<NDList, NDList> predictor(boolean copy) {
        return new Predictor<>(holder, new NoopTranslator(), Device.cpu(), copy);
    }

    private float[] predict(Predictor<NDList, NDList> predictor) throws Exception {
        try (NDList result = predictor.predict(input())) {
            return result.head().toFloatArray();
        }
    }

    /** Their products have no gradients, and the engine would compute wrong ones in silence. */
    @Test
    void otherFormatsThanFloat32AreNotTrained() throws Exception {
        CausalLanguageModel block = load(WeightFormat.BFLOAT16);
        float[] before = logits(holder);
        for (boolean wrapped : new boolean[] {false, true}) {
            holder.setBlock(wrapped ? new SequentialBlock().add(block) : block);
            DefaultTrainingConfig config =
                    new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss());
            try (Trainer trainer = holder.newTrainer(config)) {
                trainer.initialize(new Shape(1, IDS.length));
                IllegalStateException e =
                        assertThrows(IllegalStateException.class, () -> trainer.forward(input()));
                assertEquals(
                        "Only float32 weights can be trained, and those of TokenEmbedding are"
                                + " bfloat16: load the model as float32.",
                        e.getMessage());
                assertArrayEquals(before, trainer.evaluate(input()).head().toFloatArray());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(WeightFormat.class)
    void printsItsStructure(WeightFormat format) throws Exception {
        List<String> lines = load(format).toString().lines().toList();
        assertEquals("CausalLanguageModel", lines.get(0));
        assertEquals("    embed_tokens: TokenEmbedding weight(656, 64)", lines.get(1));
        assertEquals("    layers.0: GemmaLayer", lines.get(2));
        assertEquals("    norm: RmsNorm weight(64)", lines.get(lines.size() - 1));
        assertTrue(holder.toString().startsWith("Model ("));
        assertArrayEquals(
                new Shape[] {new Shape(2, 12, 656)},
                holder.getBlock().getOutputShapes(new Shape[] {new Shape(2, 12)}));
    }

    @Test
    void closingUnmapsTheFiles() throws Exception {
        try (Stream<Path> files = Files.list(Tiny.path("gemma2"))) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
        CausalLanguageModel block =
                CheckpointLoader.load(
                        Checkpoint.open(folder),
                        holder.getNDManager(),
                        WeightFormat.FLOAT32,
                        ProgressListener.NONE);
        KernelModule kernels = block.link(holder.getNDManager());
        holder.setBlock(block);
        logits(holder);
        assumeFalse(
                ProcessMemory.mappings(folder).isEmpty(),
                "The process's maps can be read on Linux only.");
        holder.close();
        assertTrue(kernels.isClosed());
        assertEquals(List.of(), ProcessMemory.mappings(folder));
    }

    @Test
    void clearingFreesTheWeights() throws Exception {
        CausalLanguageModel block = load(WeightFormat.FLOAT32);
        KernelModule kernels = block.link(holder.getNDManager());
        logits(holder);
        block.clear();
        assertEquals(0, kernels.keptHandles());
        assertEquals(0, holder.getNDManager().getManagedArrays().size());
    }

    @Test
    void inputsThatAreNoBatchOfIdsAreRefused() throws Exception {
        load(WeightFormat.FLOAT32);
        Shape shape = new Shape(2, 3);
        NDArray ids = manager.ones(shape, DataType.INT64);
        assertRefused(
                "The model takes ids [batch, tokens] of int64, not (2, 3) of float32.",
                manager.ones(shape));
        assertRefused(
                "The model takes ids [batch, tokens] of int64, not (6) of int64.", ids.flatten());
        assertRefused(
                "The mask has the shape (2, 2); the ids have (2, 3).",
                ids,
                manager.ones(new Shape(2, 2)));
        assertRefused(
                "Row 1 of the batch has no token.",
                ids,
                manager.create(new long[] {0, 1, 1, 0, 0, 0}, shape));
        assertRefused("The model takes ids, a mask and labels, not 4 arrays.", ids, ids, ids, ids);
        assertRefused("Ids lie from 0 to 655; found 656.", ids.mul(656));
        assertRefused("Ids lie from 0 to 655; found -1.", ids.neg());
    }

    private void assertRefused(String message, NDArray... inputs) {
        ParameterStore store = new ParameterStore(holder.getNDManager(), false);
        assertEquals(
                message,
                assertThrows(
                                IllegalArgumentException.class,
                                () -> holder.getBlock().forward(store, new NDList(inputs), false))
                        .getMessage());
    }
}
