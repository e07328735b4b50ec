package io.github.lapidary;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.file.Safetensors;
import io.github.lapidary.file.TensorEntry;
import io.github.lapidary.file.TensorReader;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;

/** Reference arrays and the folder that they lie in. */
public final class Golden implements AutoCloseable {

    private final Safetensors file;
    private final TensorReader reader;

    public Golden(Path path) throws IOException {
        file = Safetensors.read(path);
        reader = new TensorReader(file);
    }

    /** Returns a file or folder of the test resources below {@code golden}. */
    public static Path path(String name) {
        try {
            return Path.of(Golden.class.getResource("/golden/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(name, e);
        }
    }

    /** Returns the names of all arrays. */
    public Set<String> names() {
        return file.tensors().keySet();
    }

    private TensorEntry entry(String name) {
        TensorEntry entry = file.tensors().get(name);
        if (entry == null) {
            throw new IllegalArgumentException(file.path() + " has no " + name);
        }
        return entry;
    }

    public Shape shape(String name) {
        return new Shape(entry(name).shape().stream().mapToLong(n -> n).toArray());
    }

    /** Returns a float32 or integer array. */
    public NDArray array(NDManager manager, String name) throws IOException {
        TensorEntry entry = entry(name);
        ByteBuffer bytes =
                ByteBuffer.allocateDirect(Math.toIntExact(entry.bytes()))
                        .order(ByteOrder.LITTLE_ENDIAN);
        reader.readBytes(entry, 0, bytes);
        DataType type =
                switch (entry.type()) {
                    case F32 -> DataType.FLOAT32;
                    case I64 -> DataType.INT64;
                    case I32 -> DataType.INT32;
                    default -> throw new IllegalArgumentException(entry.toString());
                };
        return manager.create(bytes.flip(), shape(name), type);
    }

    public long[] longs(String name) throws IOException {
        try (NDManager manager = NDManager.newBaseManager();
                NDArray array = array(manager, name)) {
            return array.toType(DataType.INT64, false).toLongArray();
        }
    }

    public float[] floats(String name) throws IOException {
        try (NDManager manager = NDManager.newBaseManager();
                NDArray array = array(manager, name)) {
            return array.toFloatArray();
        }
    }

    /** Fails unless each element differs by at most the tolerance; NaN fails. */
    public static void assertClose(
            String what, float[] expected, float[] actual, double tolerance) {
        if (expected.length != actual.length) {
            throw new AssertionError(
                    what + ": expected " + expected.length + " elements, found " + actual.length);
        }
        double largest = 0;
        for (int i = 0; i < expected.length; i++) {
            double difference = Math.abs((double) expected[i] - actual[i]);
            if (!(difference <= tolerance)) {
                throw new AssertionError(
                        String.format(
                                Locale.ROOT,
                                "%s: element %d is %s, expected %s (tolerance %s)",
                                what,
                                i,
                                actual[i],
                                expected[i],
                                tolerance));
            }
            largest = Math.max(largest, difference);
        }
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }
}
