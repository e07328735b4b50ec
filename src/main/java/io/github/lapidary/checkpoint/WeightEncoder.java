package io.github.lapidary.checkpoint;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.file.OutgoingTensor;
import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.file.StoredType;
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

    private final Tensors tensors;
    private final StoredType type;
    private final ProgressListener listener;
    private final long total;
    private final ByteBuffer bytes;
    private long done;

    /**
     * Encodes for one writing.
     *
     * @param total the elements of all tensors, which the listener hears
     */
    WeightEncoder(Tensors tensors, WriteOptions options, long total) {
        this.tensors = tensors;
        this.total = total;
        type = options.storedType();
        listener = options.listener();
        bytes = ByteBuffer.allocateDirect(SLICE * type.blockBytes()).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Returns a tensor that is encoded when it is written.
     *
     * @param weight holds the tensor's elements one after another
     * @param first the first of them
     */
    OutgoingTensor tensor(String name, NDArray weight, long first, Shape shape) {
        return new OutgoingTensor(
                name,
                type,
                Arrays.stream(shape.getShape()).boxed().toList(),
                out -> write(weight, first, first + shape.size(), out));
    }

    private void write(NDArray weight, long first, long last, WritableByteChannel out)
            throws IOException {
        try (NDArray dense = tensors.dense(weight)) {
            for (long begin = first; begin < last; begin += SLICE) {
                long end = Math.min(last, begin + SLICE);
                try (NDArray slice = tensors.slice(dense, begin, end);
                        NDArray near = slice.toDevice(Device.cpu(), false)) {
                    encode(near.toByteBuffer(true).asFloatBuffer());
                }
                out.write(bytes);
                done += end - begin;
                listener.progress(done, total);
            }
        }
    }

    private void encode(FloatBuffer numbers) {
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
