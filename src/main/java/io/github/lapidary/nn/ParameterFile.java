package io.github.lapidary.nn;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import io.github.lapidary.kernel.KernelEngine;
import io.github.lapidary.kernel.format.Tensors;
import io.github.lapidary.kernel.format.WeightFormat;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Iterator;
import java.util.Map;

/**
 * The form in which DJL's saving writes a block: each parameter's path and shape, then its elements
 * as little-endian float32.
 *
 * <p>DJL's own form holds a whole array in a byte array, stops at 2 GiB and aborts on bfloat16.
 * Weights of other formats are written as the float32 numbers that they stand for.
 */
final class ParameterFile {

    private static final int MAGIC = 0x4C_50_44_31;
    private static final int SLICE_BYTES = 1 << 22;

    private ParameterFile() {}

    static void save(KernelBlock block, DataOutputStream stream) throws IOException {
        Map<String, Parameter> parameters = block.parametersByPath();
        stream.writeInt(MAGIC);
        stream.writeInt(parameters.size());
        try (NDManager manager = KernelEngine.newManager()) {
            try (Tensors tensors = new Tensors(manager)) {
                for (Map.Entry<String, Parameter> entry : parameters.entrySet()) {
                    Parameter parameter = entry.getValue();
                    stream.writeUTF(entry.getKey());
                    writeShape(parameter.getShape(), stream);
                    write(tensors, parameter.getArray(), stream);
                }
            }
        }
    }

    private static void write(Tensors tensors, NDArray array, DataOutputStream stream)
            throws IOException {
        long elements = array.getShape().size();
        long step = SLICE_BYTES / Float.BYTES;
        try (NDArray dense = tensors.dense(array)) {
            for (long first = 0; first < elements; first += step) {
                try (NDArray slice =
                        tensors.slice(dense, first, Math.min(elements, first + step))) {
                    ByteBuffer bytes = slice.toByteBuffer();
                    byte[] littleEndian = new byte[bytes.remaining()];
                    ByteBuffer.wrap(littleEndian)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .asFloatBuffer()
                            .put(bytes.asFloatBuffer());
                    stream.write(littleEndian);
                }
            }
        }
    }

    private static void writeShape(Shape shape, DataOutputStream stream) throws IOException {
        stream.writeByte(shape.dimension());
        for (long size : shape.getShape()) {
            stream.writeLong(size);
        }
    }

    /** Loads all parameters or, if that fails, none. */
    static void load(KernelBlock block, NDManager manager, DataInputStream stream)
            throws IOException, MalformedModelException {
        Map<String, Parameter> parameters = block.parametersByPath();
        expect("the mark of a parameter file", MAGIC, stream.readInt());
        expect("the number of parameters", parameters.size(), stream.readInt());
        NDList arrays = new NDList(parameters.size());
        ByteBuffer slice = ByteBuffer.allocateDirect(SLICE_BYTES).order(ByteOrder.nativeOrder());
        try (Tensors tensors = new Tensors(manager)) {
            for (Map.Entry<String, Parameter> entry : parameters.entrySet()) {
                Shape shape = entry.getValue().getShape();
                expect("a parameter's name", entry.getKey(), stream.readUTF());
                expect("the shape of " + entry.getKey(), shape, readShape(stream));
                arrays.add(tensors.empty(WeightFormat.FLOAT32, shape));
                read(tensors, arrays.get(arrays.size() - 1), stream, slice);
            }
        } catch (IOException | MalformedModelException | RuntimeException e) {
            arrays.close();
            throw e;
        }
        Iterator<NDArray> array = arrays.iterator();
        parameters.values().forEach(p -> KernelParameters.replace(p, array.next()));
        block.loaded(manager, new Shape(1, 1));
    }

    private static Shape readShape(DataInputStream stream) throws IOException {
        long[] sizes = new long[stream.readUnsignedByte()];
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = stream.readLong();
        }
        return new Shape(sizes);
    }

    private static void read(
            Tensors tensors, NDArray array, DataInputStream stream, ByteBuffer slice)
            throws IOException {
        long elements = array.getShape().size();
        long step = SLICE_BYTES / Float.BYTES;
        for (long first = 0; first < elements; first += step) {
            int count = (int) (Math.min(elements, first + step) - first);
            byte[] littleEndian = new byte[count * Float.BYTES];
            stream.readFully(littleEndian);
            slice.clear().limit(littleEndian.length);
            slice.asFloatBuffer()
                    .put(
                            ByteBuffer.wrap(littleEndian)
                                    .order(ByteOrder.LITTLE_ENDIAN)
                                    .asFloatBuffer());
            tensors.put(array, slice, first);
        }
    }

    private static void expect(String what, Object expected, Object found)
            throws MalformedModelException {
        if (!expected.equals(found)) {
            throw new MalformedModelException(
                    "The saved parameters do not fit this block: "
                            + what
                            + " should be "
                            + expected
                            + ", found "
                            + found
                            + ".");
        }
    }
}
