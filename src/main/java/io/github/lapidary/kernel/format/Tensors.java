package io.github.lapidary.kernel.format;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.kernel.KernelModule;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * Makes arrays of weights, in formats that Java's side of the engine cannot make.
 *
 * <p>What it makes are normal arrays: they may come to require gradients. An array in another
 * format than float32 is a handle only: ask it for nothing but its shape.
 */
public final class Tensors implements AutoCloseable {

    private static final KernelMethod MAP =
            KernelMethod.of("weights.map").text("path").integers("bytes").build();
    private static final KernelMethod VIEW =
            KernelMethod.of("weights.view").tensor("file").integers("place").build();
    private static final KernelMethod EMPTY =
            KernelMethod.of("weights.empty").tensor("like").integers("sizes").build();
    private static final KernelMethod PUT =
            KernelMethod.of("weights.put")
                    .tensor("target")
                    .tensor("part")
                    .integers("first")
                    .build();
    private static final KernelMethod JOINED =
            KernelMethod.of("weights.joined")
                    .tensors("parts")
                    .tensor("like")
                    .integers("dtype")
                    .build();
    private static final KernelMethod PLUS =
            KernelMethod.of("weights.plus").tensor("x").integers("number").build();
    private static final KernelMethod PACKED =
            KernelMethod.of("weights.packed").tensor("x").build();
    private static final KernelMethod PACKED_PART =
            KernelMethod.of("weights.packed_part").tensor("x").integers("part").build();
    private static final KernelMethod VERSION =
            KernelMethod.of("weights.version").tensor("x").build();
    private static final KernelMethod ZEROS =
            KernelMethod.of("weights.zeros").tensor("like").build();
    private static final KernelMethod SUM = KernelMethod.of("weights.sum").tensor("x").build();
    private static final KernelMethod SLICE =
            KernelMethod.of("weights.part").tensor("x").integers("range").build();
    private static final KernelMethod DENSE = KernelMethod.of("weights.dense").tensor("x").build();

    private final NDManager manager;
    private final KernelModule kernels;
    private final NDArray like;

    /** Makes arrays for the manager's device, in that manager. */
    public Tensors(NDManager manager) {
        this.manager = manager;
        kernels =
                KernelModule.link(
                        manager,
                        List.of(
                                MAP,
                                VIEW,
                                EMPTY,
                                PUT,
                                JOINED,
                                PLUS,
                                PACKED,
                                PACKED_PART,
                                VERSION,
                                ZEROS,
                                SUM,
                                SLICE,
                                DENSE));
        like = manager.create(0f);
    }

    /** Returns whether an array is float32, and so may be trained, saved and printed by DJL. */
    public static boolean isFloat32(NDArray array) {
        return array.getDataType() == DataType.FLOAT32;
    }

    /** Maps a file of so many bytes; the caller closes the result. */
    public NDArray map(Path file, long bytes) {
        return kernels.call(MAP).text(file.toString()).integers(bytes).run(manager);
    }

    /**
     * Returns a tensor in place.
     *
     * @param file a mapped file
     * @param dtype the engine's number of the stored type
     * @param offset the first element, counted in elements of that type from the file's start
     * @param spacing how many elements each part of the first dimension begins after the one before
     */
    public NDArray view(NDArray file, int dtype, long offset, long spacing, Shape shape) {
        long[] place = new long[3 + shape.dimension()];
        place[0] = dtype;
        place[1] = offset;
        place[2] = spacing;
        System.arraycopy(shape.getShape(), 0, place, 3, shape.dimension());
        return kernels.call(VIEW).tensor(file).integers(place).withoutGraph(manager);
    }

    /** Returns an array whose elements are still to be {@link #put}. */
    public NDArray empty(WeightFormat format, Shape shape) {
        long[] sizes = new long[1 + shape.dimension()];
        sizes[0] = format.number();
        System.arraycopy(shape.getShape(), 0, sizes, 1, shape.dimension());
        return kernels.call(EMPTY).tensor(like).integers(sizes).withoutGraph(manager);
    }

    /** Returns zeros in the shape and format of an array. */
    public NDArray zeros(NDArray array) {
        return kernels.call(ZEROS).tensor(array).withoutGraph(manager);
    }

    /** Returns the sum of the elements of a dense array. */
    public float sum(NDArray array) {
        try (NDArray sum = kernels.call(SUM).tensor(array).withoutGraph(manager)) {
            return sum.getFloat();
        }
    }

    /**
     * Writes float32 numbers into an array of any format.
     *
     * @param numbers a direct buffer in native order
     * @param first the place of the first, counted in elements
     */
    public void put(NDArray target, ByteBuffer numbers, long first) {
        Shape shape = new Shape(numbers.remaining() / Float.BYTES);
        try (NDArray part = manager.create(numbers, shape, DataType.FLOAT32)) {
            kernels.call(PUT)
                    .tensor(target)
                    .tensor(part)
                    .integers(first)
                    .withoutGraph(manager)
                    .close();
        }
    }

    /** Returns arrays of any type one below another, in memory of its own. */
    public NDArray joined(List<NDArray> parts, WeightFormat format) {
        return kernels.call(JOINED)
                .tensors(parts)
                .tensor(like)
                .integers(format.number())
                .withoutGraph(manager);
    }

    /** Returns the array with a number added to each element. */
    public NDArray plus(NDArray x, long number) {
        return kernels.call(PLUS).tensor(x).integers(number).withoutGraph(manager);
    }

    /** Returns a matrix in the layout that this processor multiplies fastest. */
    public NDArray packed(NDArray matrix) {
        return kernels.call(PACKED).tensor(matrix).withoutGraph(manager);
    }

    /** Returns one of several matrices in the layout that this processor multiplies fastest. */
    public NDArray packedPart(NDArray matrices, long part) {
        return kernels.call(PACKED_PART).tensor(matrices).integers(part).withoutGraph(manager);
    }

    /** Returns a number [] that is another whenever the array is changed in place. */
    public NDArray version(NDArray array) {
        return kernels.call(VERSION).tensor(array).withoutGraph(manager);
    }

    /** Returns the array itself, or if its layout is packed a copy in plain order. */
    public NDArray dense(NDArray array) {
        return kernels.call(DENSE).tensor(array).withoutGraph(manager);
    }

    /** Returns a stretch of the elements of a dense array as float32. */
    public NDArray slice(NDArray array, long first, long last) {
        return kernels.call(SLICE).tensor(array).integers(first, last).withoutGraph(manager);
    }

    @Override
    public void close() {
        like.close();
        kernels.close();
    }
}
