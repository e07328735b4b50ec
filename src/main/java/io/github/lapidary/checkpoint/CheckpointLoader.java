package io.github.lapidary.checkpoint;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.checkpoint.TensorNames.Role;
import io.github.lapidary.checkpoint.TensorPlan.Assignment;
import io.github.lapidary.file.MalformedFileException;
import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.file.TensorEntry;
import io.github.lapidary.file.TensorReader;
import io.github.lapidary.kernel.format.Tensors;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.model.Models;
import io.github.lapidary.nn.KernelParameters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Fills a model with the weights of a checkpoint.
 *
 * <p>Plain tensors of the wanted type are used where they lie in their file; all others are
 * converted slice by slice, so that loading takes little more than the weights do.
 */
public final class CheckpointLoader {

    private static final Map<StoredType, Integer> ENGINE_TYPES =
            Map.of(StoredType.F32, 6, StoredType.F16, 5, StoredType.BF16, 15);

    private final Checkpoint checkpoint;
    private final Tensors tensors;
    private final WeightBuilder builder;
    private final TensorReader reader;
    private final Map<Path, NDArray> files = new HashMap<>();

    private CheckpointLoader(
            Checkpoint checkpoint, Tensors tensors, TensorReader reader, WeightBuilder builder) {
        this.checkpoint = checkpoint;
        this.tensors = tensors;
        this.reader = reader;
        this.builder = builder;
    }

    /**
     * Loads a model.
     *
     * @param manager what its arrays belong to; its device is the model's
     * @return the model, ready to run
     * @throws MalformedModelException if the tensors do not fit the configuration; the message
     *     lists every one
     * @throws IOException if a file cannot be read, or this thread is interrupted
     */
    public static CausalLanguageModel load(
            Checkpoint checkpoint,
            NDManager manager,
            WeightFormat format,
            ProgressListener listener)
            throws IOException, MalformedModelException {
        LoadEvent event = new LoadEvent();
        event.begin();
        CausalLanguageModel model = Models.of(checkpoint.config());
        TensorPlan plan = TensorPlan.of(checkpoint, model);
        try (Tensors tensors = new Tensors(manager);
                TensorReader reader = new TensorReader(checkpoint.tensors());
                WeightBuilder builder = new WeightBuilder(tensors, format, manager.getDevice())) {
            new CheckpointLoader(checkpoint, tensors, reader, builder).fill(model, plan, listener);
            model.setFormat(format);
            model.loaded(manager, new Shape(1, 1));
            event.path = checkpoint.path().toString();
            event.format = format.toString();
            event.parameters = plan.elements();
            event.commit();
            return model;
        } catch (IOException | RuntimeException e) {
            model.clear();
            throw e;
        }
    }

    private void fill(CausalLanguageModel model, TensorPlan plan, ProgressListener listener)
            throws IOException {
        long total = plan.elements();
        long done = 0;
        try {
            for (Assignment assignment : plan.assignments()) {
                listener.progress(done, total);
                KernelParameters.replace(assignment.parameter(), array(assignment));
                if (assignment.role() == Role.EMBEDDING && isViewed(assignment)) {
                    builder.packBeside(
                            model.embedding(), format(assignment.sources().get(0).type()));
                }
                done += assignment.parameter().getShape().size();
            }
            listener.progress(done, total);
        } finally {
            files.values().forEach(NDArray::close);
        }
    }

    private NDArray array(Assignment assignment) throws IOException {
        Role role = assignment.role();
        float added = role.added(checkpoint.style());
        if (isViewed(assignment)) {
            List<NDArray> views = views(assignment.sources());
            return builder.fromViews(role, views, format(assignment.sources().get(0).type()));
        }
        List<FloatSource> sources = new ArrayList<>();
        for (TensorEntry source : assignment.sources()) {
            sources.add(
                    (first, floats) -> {
                        reader.readFloats(source, first, floats);
                        if (added != 0) {
                            for (int i = 0; i < floats.limit(); i++) {
                                floats.put(i, floats.get(i) - added);
                            }
                        }
                    });
        }
        long[] sizes = assignment.sources().stream().mapToLong(TensorEntry::elements).toArray();
        return builder.fromNumbers(role, assignment.parameter().getShape(), sources, sizes);
    }

    private boolean isViewed(Assignment assignment) {
        return assignment.role().added(checkpoint.style()) == 0
                && assignment.sources().stream().allMatch(this::canBeViewed);
    }

    /** The engine counts offsets in elements. */
    private boolean canBeViewed(TensorEntry entry) {
        return ENGINE_TYPES.containsKey(entry.type())
                && entry.offset() % entry.type().blockBytes() == 0;
    }

    private static WeightFormat format(StoredType type) {
        return switch (type) {
            case F32 -> WeightFormat.FLOAT32;
            case BF16 -> WeightFormat.BFLOAT16;
            default -> null;
        };
    }

    private List<NDArray> views(List<TensorEntry> entries) throws IOException {
        List<NDArray> views = new ArrayList<>();
        try {
            for (TensorEntry entry : entries) {
                views.add(view(entry));
            }
            return views;
        } catch (IOException | RuntimeException e) {
            views.forEach(NDArray::close);
            throw e;
        }
    }

    private NDArray view(TensorEntry entry) throws IOException {
        NDArray file = files.get(entry.file());
        if (file == null) {
            file = tensors.map(entry.file(), Files.size(entry.file()));
            files.put(entry.file(), file);
        }
        long bytes = file.getShape().size();
        if (entry.offset() > bytes - entry.bytes()) {
            throw new MalformedFileException(
                    entry.file(),
                    "the file ends at byte %d, inside the tensor %s; it was longer when opened."
                            .formatted(bytes, entry.name()));
        }
        return tensors.view(
                file,
                ENGINE_TYPES.get(entry.type()),
                entry.offset() / entry.type().blockBytes(),
                new Shape(entry.shape().stream().mapToLong(Long::longValue).toArray()));
    }
}
