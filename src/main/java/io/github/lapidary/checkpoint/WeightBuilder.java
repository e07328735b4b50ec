package io.github.lapidary.checkpoint;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.checkpoint.TensorNames.Role;
import io.github.lapidary.kernel.format.Tensors;
import io.github.lapidary.kernel.format.WeightFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Makes the arrays of parameters, in the format that their role allows. */
final class WeightBuilder {

    /** The elements that are converted at once: 4 MiB of float32. */
    private static final int SLICE = 1 << 20;

    /** Larger matrices stay unpacked, since packing holds them twice for a moment. */
    private static final long LARGEST_PACKED_BYTES = 300L << 20;

    private final Tensors tensors;
    private final WeightFormat format;

    WeightBuilder(Tensors tensors, WeightFormat format) {
        this.tensors = tensors;
        this.format = format;
    }

    /** Returns the format of parameters of a role. */
    WeightFormat format(Role role) {
        return role == Role.NORM ? WeightFormat.FLOAT32 : format;
    }

    /** Makes a parameter from numbers, slice by slice; the sources' rows lie one below another. */
    NDArray fromNumbers(Role role, Shape shape, List<? extends FloatSource> sources, long[] sizes)
            throws IOException {
        NDArray target = tensors.empty(format(role), shape);
        try {
            ByteBuffer slice =
                    ByteBuffer.allocateDirect(SLICE * Float.BYTES).order(ByteOrder.nativeOrder());
            long start = 0;
            for (int i = 0; i < sources.size(); i++) {
                for (long first = 0; first < sizes[i]; first += SLICE) {
                    int count = (int) Math.min(SLICE, sizes[i] - first);
                    slice.clear().limit(count * Float.BYTES);
                    sources.get(i).read(first, slice.asFloatBuffer());
                    tensors.put(target, slice, start + first);
                }
                start += sizes[i];
            }
            return packed(role, target);
        } catch (IOException | RuntimeException e) {
            target.close();
            throw e;
        }
    }

    /** Makes a parameter from stored tensors of plain types; takes them over. */
    NDArray fromViews(Role role, List<NDArray> views, WeightFormat stored) {
        boolean inPlace = views.size() == 1 && stored == format(role);
        if (inPlace && !isPacked(role, views.get(0).getShape())) {
            return views.get(0);
        }
        try {
            return packed(role, tensors.joined(views, format(role)));
        } finally {
            views.forEach(NDArray::close);
        }
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
}
