package io.github.lapidary.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.JavaProcess;
import io.github.lapidary.Tiny;
import io.github.lapidary.config.GemmaConfig;
import io.github.lapidary.config.GlamConfig;
import io.github.lapidary.config.LayerKind;
import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.config.RecurrentGemmaConfig;
import io.github.lapidary.file.Safetensors;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.state.DecodingState;
import io.github.lapidary.state.Snapshot;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sequences that are saved and restored go on bit for bit. */
@Timeout(120)
class SavedStateTest {

    static final List<String> MODELS =
            List.of(
                    "gemma1_mha",
                    "gemma1_mqa",
                    "gemma2",
                    "gemma2_bf16",
                    "gemma3_mqa",
                    "gemma3_multimodal_layout",
                    "gemma3_ropescale",
                    "recurrentgemma",
                    "recurrentgemma_bf16",
                    "glam",
                    "glam_alt");

    /** At the last the windows, which have at most 10 tokens, have slid and are full of holes. */
    static final int[] LENGTHS = {1, 30, 700};

    @TempDir private Path folder;
    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        manager.close();
    }

    static Path file(Path folder, String name, WeightFormat format, int length) {
        return folder.resolve(name + "." + format + "." + length);
    }

    /** Goes on from a state in a chunk and in steps, beyond the next time that windows slide. */
    static float[] goOn(Decoding decoding, DecodingState state) {
        float[] chunk = decoding.feed(state, Arrays.copyOfRange(Tiny.ids(300), 280, 300));
        float[] steps =
                decoding.feedInChunks(state, Arrays.copyOfRange(Tiny.ids(300), 200, 280), 1);
        float[] all = Arrays.copyOf(chunk, chunk.length + steps.length);
        System.arraycopy(steps, 0, all, chunk.length, steps.length);
        return all;
    }

    @ParameterizedTest
    @EnumSource
    void goesOnInAnotherProcessBitForBit(WeightFormat format) throws Exception {
        List<float[]> expected = new ArrayList<>();
        for (String name : MODELS) {
            try (NDManager own = manager.newSubManager()) {
                Decoding decoding = new Decoding(Tiny.load(name, own, format), own);
                for (int length : LENGTHS) {
                    try (DecodingState state = decoding.start()) {
                        decoding.feedInChunks(state, Tiny.ids(length), 100);
                        Snapshot snapshot = new Snapshot(state, Tiny.prompt(length), name + " ß");
                        decoding.model().saveState(snapshot, file(folder, name, format, length));
                        expected.add(goOn(decoding, state));
                    }
                }
            }
        }
        Path output = folder.resolve("logits");
        JavaProcess.run(
                folder,
                RestoringProcess.class,
                folder.toString(),
                format.toString(),
                output.toString());
        List<float[]> found = RestoringProcess.read(output);
        assertEquals(expected.size(), found.size());
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i), found.get(i));
        }
    }

    /** Every array is there as far as it is used, and the header is all there is besides. */
    @ParameterizedTest
    @CsvSource({
        "gemma2, FLOAT32",
        "gemma2, BFLOAT16",
        "gemma3_mqa, BFLOAT16",
        "recurrentgemma, FLOAT32",
        "recurrentgemma_bf16, BFLOAT16",
        "glam, FLOAT32",
        "glam_alt, BFLOAT16"
    })
    void theFileHasTheSizeOfWhatIsUsed(String name, WeightFormat format) throws Exception {
        Decoding decoding = new Decoding(Tiny.load(name, manager, format), manager);
        Path file = folder.resolve("state");
        for (int length : new int[] {0, 30, 200}) {
            try (DecodingState state = decoding.start()) {
                decoding.feedInChunks(state, Tiny.ids(length), 100);
                Snapshot snapshot = new Snapshot(state, Tiny.prompt(length), "");
                decoding.model().saveState(snapshot, file);
            }
            long header = Long.BYTES + headerBytes(file);
            assertEquals(header + dataBytes(decoding.model(), format, length), Files.size(file));
        }
    }

    private static long dataBytes(CausalLanguageModel model, WeightFormat format, int tokens) {
        long bytes = (long) tokens * Integer.BYTES + 32;
        for (LayerKind kind : model.config().layerKinds()) {
            if (kind == LayerKind.RECURRENT) {
                RecurrentGemmaConfig config = (RecurrentGemmaConfig) model.config();
                long inputs = config.conv1dWidth() - 1L;
                bytes += (long) config.lruWidth() * (Float.BYTES + inputs * format.bytes());
            } else {
                bytes += 2L * Integer.BYTES + keyValueBytes(model.config(), format) * tokens;
            }
        }
        return bytes;
    }

    private static long keyValueBytes(ModelConfig config, WeightFormat format) {
        int width;
        if (config instanceof RecurrentGemmaConfig griffin) {
            width = griffin.numKeyValueHeads() * griffin.headDim();
        } else if (config instanceof GlamConfig glam) {
            width = glam.numAttentionHeads() * glam.headDim();
        } else {
            GemmaConfig gemma = (GemmaConfig) config;
            width = gemma.numKeyValueHeads() * gemma.headDim();
        }
        return 2L * width * format.bytes();
    }

    private static long headerBytes(Path file) throws Exception {
        return ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }

    /** Windows keep what they need to go back, also in a file; what they forgot is not there. */
    @Test
    void windowsAreSavedAsFarAsTheyReach() throws Exception {
        Decoding decoding = new Decoding(Tiny.load("gemma3_mqa", manager), manager);
        ModelConfig config = decoding.model().config();
        Path file = folder.resolve("state");
        try (DecodingState state = decoding.start()) {
            decoding.feedInChunks(state, Tiny.ids(5000), 512);
            decoding.model().saveState(new Snapshot(state, Tiny.prompt(5000), ""), file);
            try (Snapshot restored = decoding.model().restoreState(file, manager)) {
                for (int i = 0; i < config.numHiddenLayers(); i++) {
                    boolean full = config.layerKinds().get(i) == LayerKind.FULL_ATTENTION;
                    int place = restored.state().layer(i).place();
                    assertEquals(state.layer(i).place(), place);
                    assertEquals(full ? 5000 : Math.min(place, 600), place);
                }
                for (int back = 0; back < 700; back++) {
                    assertEquals(
                            state.canTruncate(5000 - back),
                            restored.state().canTruncate(5000 - back));
                }
                state.truncate(4990);
                restored.state().truncate(4990);
                assertArrayEquals(goOn(decoding, state), goOn(decoding, restored.state()));
            }
        }
    }

    /** What was written to a state before it went back is not there after restoring, either. */
    @ParameterizedTest
    @ValueSource(strings = {"gemma2", "glam", "glam_alt"})
    void goesOnFromWhereItWentBackTo(String name) throws Exception {
        Decoding decoding = new Decoding(Tiny.load(name, manager), manager);
        Path file = folder.resolve("state");
        try (DecodingState state = decoding.start()) {
            decoding.feedInChunks(state, Tiny.ids(400), 100);
            state.truncate(350);
            decoding.model().saveState(new Snapshot(state, Tiny.prompt(350), ""), file);
            try (Snapshot restored = decoding.model().restoreState(file, manager);
                    DecodingState fork = restored.state().fork()) {
                float[] expected = goOn(decoding, state);
                assertArrayEquals(expected, goOn(decoding, restored.state()));
                assertArrayEquals(expected, goOn(decoding, fork));
            }
        }
    }

    /** A convolution of width 1 remembers nothing; its array has no elements. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void convolutionsOfAnyWidthAreSaved(int width) throws Exception {
        CausalLanguageModel model = Models.of(RecurrentGemmaLayerTest.config(40, width));
        model.initialize(manager, DataType.FLOAT32, new Shape(1, 1));
        Decoding decoding = new Decoding(model, manager);
        Path file = folder.resolve("state");
        try (DecodingState state = decoding.start()) {
            decoding.feed(state, Tiny.ids(20));
            model.saveState(new Snapshot(state, Tiny.prompt(20), ""), file);
            assertEquals(
                    List.of(1L, width - 1L, 8L),
                    Safetensors.read(file).tensors().get("layers.0.conv").shape());
            try (Snapshot restored = model.restoreState(file, manager)) {
                assertArrayEquals(goOn(decoding, state), goOn(decoding, restored.state()));
            }
        }
    }

    /** The slot in use is the first or the second, after one pass or two. */
    @ParameterizedTest
    @CsvSource({"recurrentgemma, 1", "recurrentgemma, 2", "recurrentgemma_bf16, 2"})
    void earlierPlacesAreRestoredToo(String name, int passes) throws Exception {
        Decoding decoding = new Decoding(Tiny.load(name, manager), manager);
        Path file = folder.resolve("state");
        try (DecodingState state = decoding.start()) {
            for (int i = 0; i < passes; i++) {
                decoding.feed(state, Tiny.ids(25));
            }
            int tokens = state.position();
            try (DecodingState earlier = state.fork()) {
                decoding.feed(state, 7, 8, 9);
                int[] ids = new int[tokens + 3];
                Snapshot snapshot = new Snapshot(state, ids, Optional.of(earlier), "");
                decoding.model().saveState(snapshot, file);
                try (Snapshot restored = decoding.model().restoreState(file, manager)) {
                    DecodingState place = restored.earlier().orElseThrow();
                    assertEquals(tokens, place.position());
                    assertArrayEquals(goOn(decoding, earlier), goOn(decoding, place));
                    assertArrayEquals(goOn(decoding, state), goOn(decoding, restored.state()));
                }
            }
        }
    }
}
