package io.github.lapidary.checkpoint;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.file.OutgoingTensor;
import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.file.TensorSource;
import io.github.lapidary.kernel.format.Tensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.Arrays;

/** Turns weights of any format into the bytes of stored tensors, slice by slice. */
final class WeightEncoder {

    /** The elements that are encoded at once: 4 MiB of float32. */
    private static final int SLICE = 1 << 20;

    private final StoredType type;
    private final ProgressListener listener;
    private final long total;
    private final FloatBuffer numbers;
    private final ByteBuffer bytes;
    private long done;

    /**
     * Encodes for one writing.
     *
     * @param total the elements of all tensors, which the listener hears
     */
    WeightEncoder(WriteOptions options, long total) {
        this.total = total;
        type = options.storedType();
        listener = options.listener();
        numbers = FloatBuffer.allocate(SLICE);
        bytes = ByteBuffer.allocateDirect(SLICE * type.blockBytes()).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Returns a tensor that is encoded when it is written.
     *
     * @param weight holds the tensor's elements one after another
     * @param first the first of them
     */
    OutgoingTensor tensor(String name, Shape shape, Tensors tensors, NDArray weight, long first) {
        return outgoing(
                name,
                shape,
                out -> {
                    try (NDArray dense = tensors.dense(weight)) {
                        write(
                                (at, floats) -> copy(tensors, dense, first + at, floats),
                                shape.size(),
                                out);
                    }
                });
    }

    /** Returns a tensor whose elements are read, encoded and written at the same time. */
    OutgoingTensor tensor(String name, Shape shape, FloatSource source) {
        return outgoing(name, shape, out -> write(source, shape.size(), out));
    }

    private OutgoingTensor outgoing(String name, Shape shape, TensorSource source) {
        return new OutgoingTensor(
                name, type, Arrays.stream(shape.getShape()).boxed().toList(), source);
    }

    private static void copy(Tensors tensors, NDArray dense, long first, FloatBuffer floats) {
        try (NDArray slice = tensors.slice(dense, first, first + floats.remaining());
                NDArray near = slice.toDevice(Device.cpu(), false)) {
            floats.put(near.toByteBuffer(true).asFloatBuffer());
        }
    }

    private void write(FloatSource source, long count, WritableByteChannel out) throws IOException {
        for (long begin = 0; begin < count; begin += SLICE) {
            numbers.clear().limit((int) Math.min(SLICE, count - begin));
            source.read(begin, numbers);
            numbers.flip();
            encode();
            out.write(bytes);
            done += numbers.limit();
            listener.progress(done, total);
        }
    }

    private void encode() {
        int count = numbers.remaining();
        bytes.clear().limit(count * type.blockBytes());
        if (type == StoredType.F32) {
            bytes.asFloatBuffer().put(numbers);
        } else {
            for (int i = 0; i < count; i++) {
                bytes.putShort(i * Short.BYTES, bfloat16(numbers.get(i)));
            }
        }
    }

    /** Returns the upper half of a float32, rounded to the nearest, ties to even. */
    static short bfloat16(float number) {
        int bits = Float.floatToRawIntBits(number);
        if (Float.isNaN(number)) {
            return (short) ((bits >>> 16) | 0x40);
        }
        return (short) ((bits + 0x7FFF + (bits >>> 16 & 1)) >>> 16);
    }
}
