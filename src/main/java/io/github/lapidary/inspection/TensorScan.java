package io.github.lapidary.inspection;

import io.github.lapidary.checkpoint.TensorFit;
import io.github.lapidary.checkpoint.TensorFit.Fitted;
import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.file.TensorContainer;
import io.github.lapidary.file.TensorEntry;
import io.github.lapidary.file.TensorReader;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads the values of a checkpoint's tensors, a slice at a time. */
final class TensorScan {

    /** The elements that are held at once: whole blocks of every type. */
    private static final int SLICE = 1 << 16;

    private static final Set<StoredType> NOT_READ =
            EnumSet.of(
                    StoredType.F64,
                    StoredType.I8,
                    StoredType.I16,
                    StoredType.I32,
                    StoredType.I64,
                    StoredType.U8,
                    StoredType.BOOL);

    private TensorScan() {}

    /**
     * A tensor and what its values are like.
     *
     * @param statistics of its values as the file has them
     * @param norm of the weights of a norm that multiplies by one plus them, without what the file
     *     adds; empty if it is none, or if the configuration could not be read
     */
    record Scanned(TensorEntry entry, TensorStatistics statistics, Optional<NormStatistics> norm) {

        String name() {
            return entry.name();
        }
    }

    /** A tensor that is to be read. */
    private record Task(TensorEntry entry, boolean isNorm, float added) {}

    /** Reads the tensors of the model's parameters. */
    static List<Scanned> of(TensorContainer tensors, TensorFit fit, ProgressListener listener)
            throws IOException {
        List<Task> tasks = new ArrayList<>();
        for (Fitted parameter : fit.parameters()) {
            for (TensorEntry entry : parameter.tensors()) {
                tasks.add(new Task(entry, parameter.plusOne(), parameter.added()));
            }
        }
        return run(tensors, tasks, listener);
    }

    /** Reads all tensors, of which nothing is known. */
    static List<Scanned> of(TensorContainer tensors, ProgressListener listener) throws IOException {
        return run(
                tensors,
                tensors.tensors().values().stream()
                        .map(entry -> new Task(entry, false, 0))
                        .toList(),
                listener);
    }

    private static List<Scanned> run(
            TensorContainer tensors, List<Task> all, ProgressListener listener) throws IOException {
        List<Task> tasks =
                all.stream().filter(task -> !NOT_READ.contains(task.entry.type())).toList();
        long total = tasks.stream().mapToLong(task -> task.entry.elements()).sum();
        long done = 0;
        List<Scanned> scanned = new ArrayList<>();
        float[] slice = new float[SLICE];
        try (TensorReader reader = new TensorReader(tensors)) {
            for (Task task : tasks) {
                Scanned tensor = new Scanned(task.entry, new TensorStatistics(), norm(task));
                long elements = task.entry.elements();
                for (long first = 0; first < elements; first += SLICE) {
                    listener.progress(done, total);
                    int length = (int) Math.min(SLICE, elements - first);
                    reader.readFloats(task.entry, first, FloatBuffer.wrap(slice, 0, length));
                    take(slice, length, tensor, task.added);
                    done += length;
                }
                scanned.add(tensor);
            }
            listener.progress(done, total);
        }
        return scanned;
    }

    private static Optional<NormStatistics> norm(Task task) {
        return task.isNorm ? Optional.of(new NormStatistics()) : Optional.empty();
    }

    private static void take(float[] slice, int length, Scanned tensor, float added) {
        tensor.statistics.add(slice, length);
        if (tensor.norm.isPresent()) {
            for (int i = 0; i < length; i++) {
                slice[i] -= added;
            }
            tensor.norm.get().add(slice, length);
        }
    }
}
