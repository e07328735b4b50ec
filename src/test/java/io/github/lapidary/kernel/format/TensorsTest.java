package io.github.lapidary.kernel.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.ProcessMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TensorsTest {

    @TempDir private Path folder;
    private NDManager manager;
    private Tensors tensors;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
        tensors = new Tensors(manager);
    }

    @AfterEach
    void close() {
        tensors.close();
        manager.close();
    }

    private static ByteBuffer direct(float... numbers) {
        ByteBuffer bytes =
                ByteBuffer.allocateDirect(numbers.length * Float.BYTES)
                        .order(ByteOrder.nativeOrder());
        bytes.asFloatBuffer().put(numbers);
        return bytes;
    }

    private Path file(float... numbers) throws IOException {
        Path file = folder.resolve("numbers");
        byte[] bytes = new byte[numbers.length * Float.BYTES];
        direct(numbers).get(bytes);
        return Files.write(file, bytes);
    }

    private float[] numbers(NDArray array) {
        try (NDArray dense = tensors.dense(array);
                NDArray numbers = tensors.slice(dense, 0, array.size())) {
            return numbers.toFloatArray();
        }
    }

    @Test
    void viewsShareTheMemoryOfAMappedFile() throws IOException {
        Path path = file(0, 1, 2, 3, 4, 5, 6, 7);
        try (NDArray file = tensors.map(path, 32);
                NDArray matrix = tensors.view(file, 6, 2, 3, new Shape(2, 3));
                NDArray vector = tensors.view(file, 6, 3, 1, new Shape(2))) {
            assertEquals(new Shape(2, 3), matrix.getShape());
            assertArrayEquals(new float[] {2, 3, 4, 5, 6, 7}, matrix.toFloatArray());
            matrix.muli(10);
            assertArrayEquals(new float[] {30, 40}, vector.toFloatArray());
        }
        byte[] after = Files.readAllBytes(path);
        assertEquals(2, ByteBuffer.wrap(after).order(ByteOrder.nativeOrder()).getFloat(8));
    }

    /** Places behind what an int counts in bytes; of the file only what is written takes room. */
    @Test
    void filesMayBeLarge() throws IOException {
        long size = 3L << 30;
        Path path = folder.resolve("large");
        long[] places = {(1L << 31) - 8, (1L << 31) + 8, size - 16};
        try (FileChannel channel =
                FileChannel.open(
                        path,
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.SPARSE,
                        StandardOpenOption.WRITE)) {
            for (long place : places) {
                channel.write(direct(place / 4f, 1, 2, 3), place);
            }
        } catch (IOException e) {
            abort("The file system refuses a file of 3 GiB with holes: " + e.getMessage());
        }
        try (NDArray file = tensors.map(path, size)) {
            assertEquals(new Shape(size), file.getShape());
            for (long place : places) {
                try (NDArray view = tensors.view(file, 6, place / 4, 2, new Shape(2, 2))) {
                    assertArrayEquals(new float[] {place / 4f, 1, 2, 3}, view.toFloatArray());
                }
            }
            try (NDArray half = tensors.view(file, 15, (size - 12) / 2, 1, new Shape(6))) {
                assertArrayEquals(new float[] {0, 1, 0, 2, 0, 3}, numbers(half));
            }
            try (NDArray whole = tensors.view(file, 6, 0, 4, new Shape(size / 16, 4));
                    NDArray last = tensors.slice(whole, size / 4 - 4, size / 4)) {
                assertArrayEquals(new float[] {(size - 16) / 4f, 1, 2, 3}, last.toFloatArray());
            }
            assertThrows(
                    EngineException.class,
                    () -> tensors.view(file, 6, size / 4 - 1, 1, new Shape(2)));
        }
    }

    @Test
    void aViewBeyondTheFileIsRefused() throws IOException {
        try (NDArray file = tensors.map(file(0, 1, 2, 3), 16)) {
            assertThrows(EngineException.class, () -> tensors.view(file, 6, 2, 1, new Shape(3)));
        }
        assertThrows(EngineException.class, () -> tensors.map(folder.resolve("numbers"), 17));
    }

    /** Slices begin and end anywhere in the parts. */
    @Test
    void partsOfAViewMayLieApart() throws IOException {
        float[] numbers = new float[20];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = i;
        }
        float[] expected = {1, 2, 3, 4, 8, 9, 10, 11, 15, 16, 17, 18};
        try (NDArray file = tensors.map(file(numbers), 80);
                NDArray view = tensors.view(file, 6, 1, 7, new Shape(3, 2, 2))) {
            assertEquals(new Shape(3, 2, 2), view.getShape());
            for (int first = 0; first < 12; first++) {
                for (int last = first + 1; last <= 12; last++) {
                    assertArrayEquals(
                            Arrays.copyOfRange(expected, first, last),
                            tensors.slice(view, first, last).toFloatArray());
                }
            }
            assertThrows(
                    EngineException.class, () -> tensors.view(file, 6, 1, 8, new Shape(3, 2, 2)));
        }
    }

    @Test
    void aFileIsUnmappedWithTheLastViewOfIt() throws IOException {
        Path path = file(0, 1, 2, 3);
        NDArray file = tensors.map(path, 16);
        NDArray view = tensors.view(file, 6, 1, 1, new Shape(2));
        file.close();
        assumeFalse(
                ProcessMemory.mappings(folder).isEmpty(),
                "The process's maps can be read on Linux only.");
        assertArrayEquals(new float[] {1, 2}, view.toFloatArray());
        view.close();
        assertEquals(List.of(), ProcessMemory.mappings(folder));
    }

    @ParameterizedTest
    @EnumSource(WeightFormat.class)
    void numbersArePutWhereTheyBelong(WeightFormat format) {
        try (NDArray target = tensors.empty(format, new Shape(3, 2))) {
            tensors.put(target, direct(5, 6), 4);
            tensors.put(target, direct(1, 2, 3, 4), 0);
            assertEquals(new Shape(3, 2), target.getShape());
            assertEquals(format == WeightFormat.FLOAT32, Tensors.isFloat32(target));
            assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, numbers(target));
        }
    }

    /** To the nearest, and to even between two. */
    @Test
    void bfloat16IsRounded() {
        float[] numbers = {1 + 1f / 256, 1 + 3f / 256, 1 + 1.1f / 256, -1e-40f, 3.4e38f};
        try (NDArray target = tensors.empty(WeightFormat.BFLOAT16, new Shape(numbers.length))) {
            tensors.put(target, direct(numbers), 0);
            float[] rounded = numbers(target);
            assertEquals(1f, rounded[0]);
            assertEquals(1 + 4f / 256, rounded[1]);
            assertEquals(1 + 2f / 256, rounded[2]);
            for (float number : rounded) {
                int bits = Float.floatToRawIntBits(number);
                assertEquals(0, bits & 0xffff);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(WeightFormat.class)
    void matricesAreJoinedOneBelowAnother(WeightFormat format) {
        try (NDArray above = manager.create(new float[] {1, 2, 3, 4}, new Shape(2, 2));
                NDArray below = manager.create(new float[] {5, 6}, new Shape(1, 2));
                NDArray joined = tensors.joined(List.of(above, below), format);
                NDArray copy = tensors.joined(List.of(below), format)) {
            assertEquals(new Shape(3, 2), joined.getShape());
            assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, numbers(joined));
            below.muli(0);
            assertArrayEquals(new float[] {5, 6}, numbers(copy));
        }
    }

    @ParameterizedTest
    @EnumSource(WeightFormat.class)
    void packingChangesNoNumber(WeightFormat format) {
        try (NDArray matrix = manager.arange(15f).reshape(3, 5);
                NDArray weight = tensors.joined(List.of(matrix), format);
                NDArray packed = tensors.packed(weight)) {
            assertEquals(new Shape(3, 5), packed.getShape());
            assertArrayEquals(matrix.toFloatArray(), numbers(packed));
        }
    }

    @Test
    void arraysMayComeToRequireGradients() throws IOException {
        try (NDArray file = tensors.map(file(0, 1, 2, 3), 16);
                NDArray view = tensors.view(file, 6, 0, 1, new Shape(4));
                NDArray joined = tensors.joined(List.of(view), WeightFormat.FLOAT32);
                NDArray empty = tensors.empty(WeightFormat.FLOAT32, new Shape(4));
                NDArray plus = tensors.plus(view, 1)) {
            for (NDArray array : List.of(view, joined, empty, plus)) {
                array.setRequiresGradient(true);
                assertTrue(array.hasGradient());
            }
            assertArrayEquals(new float[] {1, 2, 3, 4}, plus.toFloatArray());
        }
    }

    @Test
    void leavesNothingBehind() {
        String before = manager.toString();
        try (Tensors others = new Tensors(manager);
                NDArray number = manager.create(1f)) {
            others.joined(List.of(number), WeightFormat.BFLOAT16).close();
        }
        assertEquals(before, manager.toString(), "which tells how much is in it");
    }
}
