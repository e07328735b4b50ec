package io.github.lapidary.checkpoint;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.checkpoint.TensorPlan.Assignment;
import io.github.lapidary.file.MalformedFileException;
import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.file.TensorEntry;
import io.github.lapidary.file.TensorReader;
import io.github.lapidary.kernel.format.MainMemory;
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
    private final ExpertPlan experts;
    private final Map<Path, NDArray> files = new HashMap<>();

    private CheckpointLoader(
            Checkpoint checkpoint,
            Tensors tensors,
            TensorReader reader,
            WeightBuilder builder,
            ExpertPlan experts) {
        this.checkpoint = checkpoint;
        this.tensors = tensors;
        this.reader = reader;
        this.builder = builder;
        this.experts = experts;
    }

    /** Loads a model with experts where the memory lets them be; otherwise as below. */
    public static CausalLanguageModel load(
            Checkpoint checkpoint,
            NDManager manager,
            WeightFormat format,
            ProgressListener listener)
            throws IOException, MalformedModelException {
        return load(checkpoint, manager, format, ExpertPlacement.AUTOMATIC, listener);
    }

    /**
     * Loads a model.
     *
     * @param manager what its arrays belong to; its device is the model's
     * @param experts where the experts of a sparse model are
     * @return the model, ready to run
     * @throws MalformedModelException if the tensors do not fit the configuration; the message
     *     lists every one
     * @throws IOException if a file cannot be read, experts cannot lie in theirs as wished, memory
     *     has no room for copies of those that cannot, or this thread is interrupted
     */
    public static CausalLanguageModel load(
            Checkpoint checkpoint,
            NDManager manager,
            WeightFormat format,
            ExpertPlacement experts,
            ProgressListener listener)
            throws IOException, MalformedModelException {
        return load(checkpoint, manager, format, experts, listener, MainMemory::available);
    }

    /** Loads a model as above, with so much memory. */
    static CausalLanguageModel load(
            Checkpoint checkpoint,
            NDManager manager,
            WeightFormat format,
            ExpertPlacement experts,
            ProgressListener listener,
            WeightBuilder.Memory memory)
            throws IOException, MalformedModelException {
        LoadEvent event = new LoadEvent();
        event.begin();
        CausalLanguageModel model = Models.of(checkpoint.config());
        TensorPlan plan = TensorPlan.of(checkpoint, model);
        try (Tensors tensors = new Tensors(manager);
                TensorReader reader = new TensorReader(checkpoint.tensors());
                WeightBuilder builder =
                        new WeightBuilder(tensors, format, manager.getDevice(), memory)) {
            ExpertPlan placed = ExpertPlan.of(plan, builder, experts);
            new CheckpointLoader(checkpoint, tensors, reader, builder, placed)
                    .fill(model, plan, listener);
            model.setFormat(format);
            model.loaded(manager, new Shape(1, 1));
            event.path = checkpoint.path().toString();
            event.format = format.toString();
            event.parameters = plan.elements();
            event.commit();
            return model;
        } catch (IOException | RuntimeException | Error e) {
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
                if (assignment.role() == Role.EMBEDDING) {
                    builder.screen(model.embedding());
                }
                if (assignment.role() == Role.EXPERTS && experts.packs()) {
                    builder.packBesideIfComplete(TensorPlan.experts(model, assignment.path()));
                }
                done += assignment.parameter().getShape().size();
            }
            builder.packBeside(
                    plan.assignments().stream()
                            .filter(CheckpointLoader::isPackedBeside)
                            .map(assignment -> TensorPlan.linear(model, assignment.path()))
                            .toList());
            listener.progress(done, total);
        } finally {
            files.values().forEach(NDArray::close);
        }
    }

    /** What is stored in another type would be in memory twice, and not in the file's pages. */
    private static boolean isPackedBeside(Assignment assignment) {
        return assignment.role() == Role.LINEAR
                && assignment.sources().stream().allMatch(entry -> entry.type() == StoredType.F32);
    }

    private NDArray array(Assignment assignment) throws IOException {
        Role role = assignment.role();
        float added = role.added(checkpoint.style());
        if (isViewed(assignment)) {
            List<NDArray> views = views(assignment);
            return builder.fromViews(role, views, format(assignment.sources().get(0).type()));
        }
        List<FloatSource> sources = new ArrayList<>();
        for (TensorEntry source : assignment.sources()) {
            FloatSource stored = (first, floats) -> reader.readFloats(source, first, floats);
            sources.add(added == 0 ? stored : stored.plus(-added));
        }
        long[] sizes = assignment.sources().stream().mapToLong(TensorEntry::elements).toArray();
        return builder.fromNumbers(role, assignment.parameter().getShape(), sources, sizes);
    }

    private boolean isViewed(Assignment assignment) {
        return assignment.role().added(checkpoint.style()) == 0
                && assignment.sources().stream().allMatch(CheckpointLoader::canBeViewed);
    }

    /** The engine counts offsets in elements. */
    static boolean canBeViewed(TensorEntry entry) {
        return ENGINE_TYPES.containsKey(entry.type())
                && entry.offset() % entry.type().blockBytes() == 0;
    }

    /** Returns the format that is stored as this type, null if there is none. */
    static WeightFormat format(StoredType type) {
        return switch (type) {
            case F32 -> WeightFormat.FLOAT32;
            case BF16 -> WeightFormat.BFLOAT16;
            default -> null;
        };
    }

    /** Returns the parts that a parameter is joined of, or the one that is the parameter. */
    private List<NDArray> views(Assignment assignment) throws IOException {
        List<TensorEntry> entries = assignment.sources();
        boolean areExperts = assignment.role() == Role.EXPERTS;
        if (areExperts
                && (experts.inFile().contains(assignment.path())
                        || ExpertPlan.lieInOrder(entries))) {
            long spacing = ExpertPlan.spacing(entries).getAsLong();
            return List.of(view(entries.get(0), spacing, assignment.parameter().getShape()));
        }
        List<NDArray> views = new ArrayList<>();
        try {
            for (TensorEntry entry : entries) {
                Shape own = new Shape(entry.shape().stream().mapToLong(Long::longValue).toArray());
                views.add(view(entry, areExperts ? new Shape(1).addAll(own) : own));
            }
            return views;
        } catch (IOException | RuntimeException e) {
            views.forEach(NDArray::close);
            throw e;
        }
    }

    private NDArray view(TensorEntry entry, Shape shape) throws IOException {
        long rowBytes = shape.dimension() == 0 ? 0 : entry.bytes() / Math.max(1, shape.get(0));
        return view(entry, rowBytes, shape);
    }

    /**
     * Returns elements in place, from the first of a tensor on.
     *
     * @param spacing how many bytes each part of the first dimension begins after the one before
     */
    private NDArray view(TensorEntry entry, long spacing, Shape shape) throws IOException {
        NDArray file = files.get(entry.file());
        if (file == null) {
            file = tensors.map(entry.file(), Files.size(entry.file()));
            files.put(entry.file(), file);
        }
        long bytes = file.getShape().size();
        long apart = shape.dimension() == 0 ? 0 : Math.max(0, shape.get(0) - 1) * spacing;
        long last = entry.type().bytes(shape.dimension() == 0 ? 1 : shape.slice(1).size());
        if (entry.offset() > bytes - apart - last) {
            throw new MalformedFileException(
                    entry.file(),
                    "the file ends at byte %d, inside the tensor %s; it was longer when opened."
                            .formatted(bytes, entry.name()));
        }
        return tensors.view(
                file,
                ENGINE_TYPES.get(entry.type()),
                entry.offset() / entry.type().blockBytes(),
                spacing / entry.type().blockBytes(),
                shape);
    }
}
