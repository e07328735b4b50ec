package io.github.lapidary.checkpoint;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import io.github.lapidary.kernel.format.Tensors;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.nn.Experts;
import io.github.lapidary.nn.Linear;
import io.github.lapidary.nn.TokenEmbedding;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Makes the arrays of parameters, in the format that their role allows. */
final class WeightBuilder implements AutoCloseable {

    /** The elements that are converted at once: 4 MiB of float32. */
    private static final int SLICE = 1 << 20;

    /** Larger matrices stay unpacked, since packing holds them twice for a moment. */
    private static final long LARGEST_PACKED_BYTES = 300L << 20;

    /** Smaller heads, of so many elements, are read as fast as they are screened. */
    private static final long LEAST_SCREENED = 1L << 24;

    /** What weights may take of the memory that there is; the rest is for states and passes. */
    private static final double MOST_OF_MEMORY = 0.8;

    private final Tensors tensors;
    private final WeightFormat format;
    private final Device device;
    private final Memory memory;
    private SliceWorkers workers;

    /**
     * Makes arrays through what makes tensors.
     *
     * @param device the tensors' device
     */
    WeightBuilder(Tensors tensors, WeightFormat format, Device device, Memory memory) {
        this.tensors = tensors;
        this.format = format;
        this.device = device;
        this.memory = memory;
    }

    /** What there is to spare for weights. */
    @FunctionalInterface
    interface Memory {

        /** Returns how many bytes there are now. */
        long available() throws IOException;
    }

    /** A stretch of a source, and the place of its first element in the parameter. */
    private record Slice(FloatSource source, long first, int count, long place) {}

    /**
     * Makes a parameter from numbers, slice by slice on several threads.
     *
     * @param sources their rows lie one below another; each may be read by many threads
     * @param sizes the elements of each source
     */
    NDArray fromNumbers(Role role, Shape shape, List<? extends FloatSource> sources, long[] sizes)
            throws IOException {
        List<Slice> slices = slices(sources, sizes);
        NDArray target = tensors.empty(role.heldIn(format), shape);
        try {
            if (workers == null) {
                workers = new SliceWorkers();
            }
            workers.run(
                    slices.size(),
                    (int) Math.min(SLICE, shape.size()) * Float.BYTES,
                    (number, buffer) -> fill(target, slices.get(number), buffer));
            return packed(role, target);
        } catch (IOException | RuntimeException | Error e) {
            target.close();
            throw e;
        }
    }

    private static List<Slice> slices(List<? extends FloatSource> sources, long[] sizes) {
        List<Slice> slices = new ArrayList<>();
        long start = 0;
        for (int i = 0; i < sources.size(); i++) {
            for (long first = 0; first < sizes[i]; first += SLICE) {
                int count = (int) Math.min(SLICE, sizes[i] - first);
                slices.add(new Slice(sources.get(i), first, count, start + first));
            }
            start += sizes[i];
        }
        return slices;
    }

    private void fill(NDArray target, Slice slice, ByteBuffer buffer) throws IOException {
        buffer.clear().limit(slice.count * Float.BYTES);
        slice.source.read(slice.first, buffer.asFloatBuffer());
        tensors.put(target, buffer, slice.place);
    }

    /** Makes a parameter from stored tensors of plain types; takes them over. */
    NDArray fromViews(Role role, List<NDArray> views, WeightFormat stored) {
        if (staysInPlace(role, views.size(), stored) && !isPacked(role, views.get(0).getShape())) {
            return views.get(0);
        }
        try {
            return packed(role, tensors.joined(views, role.heldIn(format)));
        } finally {
            views.forEach(NDArray::close);
        }
    }

    /** Files are mapped into the processor's own memory. */
    boolean staysInPlace(Role role, int parts, WeightFormat stored) {
        return parts == 1 && stored == role.heldIn(format) && isOnProcessor();
    }

    /** Lets an embedding that is large, and stays as it is, be screened for likely tokens. */
    void screen(TokenEmbedding embedding) throws IOException {
        long elements = embedding.weight().getShape().size();
        if (format == WeightFormat.BFLOAT16
                && isOnProcessor()
                && elements >= LEAST_SCREENED
                && isRoomFor(elements)) {
            embedding.screen();
        }
    }

    /** Packs the matrices of experts for their products, if all of them are there by now. */
    void packBesideIfComplete(Experts experts) {
        List<NDArray> weights = new ArrayList<>();
        for (Parameter parameter : experts.getDirectParameters().values()) {
            if (!parameter.isInitialized()) {
                return;
            }
            weights.add(parameter.getArray());
        }
        Shape one = weights.get(0).getShape().slice(1);
        if (isPacked(Role.LINEAR, one) && isOnProcessor()) {
            experts.setPacked(packedParts(weights));
        }
    }

    /**
     * Packs float32 matrices for their products, if the memory has room for that. Unlike those in
     * bfloat16 they stay beside their copies, for float32 weights can be trained, saved and read by
     * DJL.
     */
    void packBeside(List<Linear> blocks) throws IOException {
        if (format != WeightFormat.FLOAT32 || !isOnProcessor()) {
            return;
        }
        long elements = blocks.stream().mapToLong(block -> block.weight().size()).sum();
        if (isRoomFor(elements * format.bytes())) {
            for (Linear block : blocks) {
                NDArray weight = block.weight();
                block.setPacked(tensors.packed(weight), tensors.version(weight));
            }
        }
    }

    private List<NDArray> packedParts(List<NDArray> stacks) {
        List<NDArray> packed = new ArrayList<>();
        try {
            for (NDArray stack : stacks) {
                for (long part = 0; part < stack.getShape().get(0); part++) {
                    packed.add(tensors.packedPart(stack, part));
                }
            }
            return packed;
        } catch (RuntimeException e) {
            packed.forEach(NDArray::close);
            throw e;
        }
    }

    /** Returns whether the memory has room for so many bytes of weights, and for work with them. */
    boolean isRoomFor(long bytes) throws IOException {
        return bytes <= MOST_OF_MEMORY * availableMemory();
    }

    /** Returns how many bytes of memory there are now. */
    long availableMemory() throws IOException {
        return memory.available();
    }

    /** Returns the bytes of a parameter. */
    long bytes(Role role, Shape shape) {
        return Math.multiplyExact(shape.size(), role.heldIn(format).bytes());
    }

    /** Returns the format of the model. */
    WeightFormat format() {
        return format;
    }

    private boolean isOnProcessor() {
        return device.getDeviceType().equals(Device.Type.CPU);
    }

    private boolean isPacked(Role role, Shape shape) {
        return role == Role.LINEAR
                && format == WeightFormat.BFLOAT16
                && shape.size() * format.bytes() <= LARGEST_PACKED_BYTES;
    }

    private NDArray packed(Role role, NDArray plain) {
        if (!isPacked(role, plain.getShape())) {
            return plain;
        }
        try (plain) {
            return tensors.packed(plain);
        }
    }

    @Override
    public void close() {
        if (workers != null) {
            workers.close();
        }
    }
}
