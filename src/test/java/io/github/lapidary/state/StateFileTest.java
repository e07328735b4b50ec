package io.github.lapidary.state;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.file.Safetensors;
import io.github.lapidary.file.TensorReader;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.state.KeyValueCache.Layout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What arrays hold is in the file, and comes back. */
class StateFileTest {

    private static final int HEADS = 2;
    private static final int HEAD_DIM = 128;

    @TempDir private Path folder;
    private NDManager manager;
    private KernelModule kernels;
    private Path path;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
        List<KernelMethod> methods = new ArrayList<>(KeyValueCache.methods());
        methods.addAll(StateFile.methods());
        kernels = KernelModule.link(manager, methods);
        path = folder.resolve("state");
    }

    @AfterEach
    void close() {
        assertEquals(0, kernels.openHandles());
        manager.close();
    }

    private StateFile file() {
        return new StateFile(kernels, scope -> "some model", 100);
    }

    private DecodingState state(WeightFormat format, int context) {
        Layout layout = new Layout(HEADS, HEAD_DIM, format, context, 20_000, context);
        return new DecodingState(manager, own -> List.of(new KeyValueCache(kernels, own, layout)));
    }

    /** Fills a sequence with any bytes, which stand for all numbers that there are. */
    private void fill(DecodingState state, byte[] bytes, int tokens) {
        state.reserve(tokens);
        state.advance(tokens);
        int half = bytes.length / 2;
        for (int i = 0; i < 2; i++) {
            NDArray array = state.layer(0).arrays().get(i);
            for (int head = 0; head < HEADS; head++) {
                int size = half / HEADS;
                ByteBuffer part = ByteBuffer.wrap(bytes, i * half + head * size, size);
                try (NDArray numbers =
                        manager.create(part.slice(), new Shape(size), DataType.UINT8)) {
                    kernels.call(StateFile.methods().get(1))
                            .tensor(array)
                            .tensor(numbers)
                            .integers(head, 0, tokens)
                            .runForHandle()
                            .close();
                }
            }
        }
    }

    private static byte[] stored(Path path) throws IOException {
        Safetensors file = Safetensors.read(path);
        try (TensorReader reader = new TensorReader(file)) {
            ByteBuffer all = ByteBuffer.allocate((int) Files.size(path));
            for (String name : List.of("layers.0.keys", "layers.0.values")) {
                int bytes = Math.toIntExact(file.tensors().get(name).bytes());
                all.limit(all.position() + bytes);
                reader.readBytes(file.tensors().get(name), 0, all);
            }
            byte[] read = new byte[all.flip().remaining()];
            all.get(read);
            return read;
        }
    }

    /** Every pattern of bits survives, NaNs too; the largest takes several pieces. */
    @ParameterizedTest
    @CsvSource({"BFLOAT16, 3", "BFLOAT16, 900", "FLOAT32, 900", "FLOAT32, 17000"})
    void everyBitComesBack(WeightFormat format, int tokens) throws IOException {
        byte[] bytes = new byte[2 * HEADS * HEAD_DIM * format.bytes() * tokens];
        new Random(tokens).nextBytes(bytes);
        try (DecodingState state = state(format, 20_000)) {
            fill(state, bytes, tokens);
            file().write(new Snapshot(state, new int[tokens], ""), path);
        }
        assertArrayEquals(bytes, stored(path));

        Path again = folder.resolve("again");
        int before = manager.getManagedArrays().size();
        try (Snapshot restored = file().read(path, () -> state(format, 20_000))) {
            file().write(restored, again);
        }
        assertEquals(before, manager.getManagedArrays().size());
        assertArrayEquals(Files.readAllBytes(path), Files.readAllBytes(again));
    }

    /** A layer that remembers a vector and a few inputs, whatever the number of tokens. */
    private record Recurrent(NDArray vector, NDArray inputs) implements LayerState {

        Recurrent(NDManager manager) {
            this(manager.randomNormal(new Shape(1, 7)), manager.randomNormal(new Shape(1, 7, 3)));
        }

        @Override
        public void reserve(int tokens) {}

        @Override
        public int place() {
            return 0;
        }

        @Override
        public void advance(int tokens) {}

        @Override
        public List<NDArray> arrays() {
            return List.of(vector, inputs);
        }

        @Override
        public List<StateArray> saved() {
            return List.of(
                    new StateArray("recurrent", vector, WeightFormat.FLOAT32, 7),
                    new StateArray("conv", inputs, WeightFormat.FLOAT32, 7));
        }

        @Override
        public int[] arrangement() {
            return new int[0];
        }

        @Override
        public void arrange(int tokens, int[] arrangement) {
            assertEquals(0, arrangement.length);
        }

        @Override
        public LayerState fork(NDManager manager) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean goesBack() {
            return false;
        }

        @Override
        public boolean canTruncate(int tokens) {
            return false;
        }

        @Override
        public void truncate(int tokens) {
            throw new IllegalStateException();
        }
    }

    @Test
    void layersWithoutPlacesFitToo() throws IOException {
        try (DecodingState state = new DecodingState(manager, own -> List.of(new Recurrent(own)))) {
            state.advance(5);
            file().write(new Snapshot(state, new int[5], "ß"), path);
            try (Snapshot restored =
                    file().read(
                                    path,
                                    () ->
                                            new DecodingState(
                                                    manager, own -> List.of(new Recurrent(own))))) {
                assertEquals(5, restored.state().position());
                assertEquals("ß", restored.note());
                for (int i = 0; i < 2; i++) {
                    assertArrayEquals(
                            state.layer(0).arrays().get(i).toFloatArray(),
                            restored.state().layer(0).arrays().get(i).toFloatArray());
                }
            }
        }
    }

    @Test
    void arraysOfTwoSizesHaveRoomForTheirLast() {
        try (NDArray vector = manager.zeros(new Shape(1, 7))) {
            StateArray array = new StateArray("recurrent", vector, WeightFormat.FLOAT32, 7);
            assertEquals(new Shape(1, 7), array.shape());
            assertEquals(4, array.rowBytes());
            assertThrows(
                    IllegalArgumentException.class,
                    () -> new StateArray("recurrent", vector, WeightFormat.FLOAT32, 8));
        }
    }

    @Test
    void aSnapshotHasAllTokens() {
        try (DecodingState state = state(WeightFormat.FLOAT32, 20)) {
            IllegalArgumentException e =
                    assertThrows(
                            IllegalArgumentException.class,
                            () -> new Snapshot(state, new int[3], ""));
            assertEquals("The sequence has 0 tokens, not 3.", e.getMessage());
        }
    }

    @Test
    void whatCannotBeWrittenLeavesTheOlderFile() throws IOException {
        Files.writeString(path, "older");
        try (DecodingState state = state(WeightFormat.FLOAT32, 20)) {
            Snapshot strange = new Snapshot(state, new int[0], "\ud800");
            assertThrows(IllegalArgumentException.class, () -> file().write(strange, path));
            state.reserve(3);
            state.advance(3);
            Snapshot broken = new Snapshot(state, new int[3], "");
            state.layer(0).arrays().get(1).close();
            assertThrows(IllegalStateException.class, () -> file().write(broken, path));
        }
        assertEquals("older", Files.readString(path));
        assertArrayEquals(new String[] {"state"}, folder.toFile().list());
    }
}
