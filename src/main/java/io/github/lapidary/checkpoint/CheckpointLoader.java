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
    private final ExpertPlacement experts;
    private final Map<Path, NDArray> files = new HashMap<>();

    private CheckpointLoader(
            Checkpoint checkpoint,
            Tensors tensors,
            TensorReader reader,
            WeightBuilder builder,
            ExpertPlacement experts) {
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
     * @throws IOException if a file cannot be read, experts cannot lie in theirs as wished, or this
     *     thread is interrupted
     */
    public static CausalLanguageModel load(
            Checkpoint checkpoint,
            NDManager manager,
            WeightFormat format,
            ExpertPlacement experts,
            ProgressListener listener)
            throws IOException, MalformedModelException {
        LoadEvent event = new LoadEvent();
        event.begin();
        CausalLanguageModel model = Models.of(checkpoint.config());
        TensorPlan plan = TensorPlan.of(checkpoint, model);
        try (Tensors tensors = new Tensors(manager);
                TensorReader reader = new TensorReader(checkpoint.tensors());
                WeightBuilder builder = new WeightBuilder(tensors, format, manager.getDevice())) {
            new CheckpointLoader(checkpoint, tensors, reader, builder, experts)
                    .fill(model, plan, listener);
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
        boolean packs = hasExperts(plan) && packsExperts(plan);
        try {
            for (Assignment assignment : plan.assignments()) {
                listener.progress(done, total);
                KernelParameters.replace(assignment.parameter(), array(assignment));
                if (assignment.role() == Role.EMBEDDING) {
                    builder.screen(model.embedding());
                }
                if (assignment.role() == Role.EXPERTS && packs) {
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

    private static boolean hasExperts(TensorPlan plan) {
        return plan.assignments().stream().anyMatch(a -> a.role() == Role.EXPERTS);
    }

    /** Returns whether experts are packed, beside their plain weights. */
    private boolean packsExperts(TensorPlan plan) throws IOException {
        return switch (experts) {
            case PACKED -> true;
            case IN_FILE -> false;
            case AUTOMATIC -> {
                long bytes = 0;
                for (Assignment assignment : plan.assignments()) {
                    bytes += builder.bytes(assignment.role(), assignment.parameter().getShape());
                    if (assignment.role() == Role.EXPERTS && !staysInFile(assignment)) {
                        bytes += builder.bytes(Role.EXPERTS, assignment.parameter().getShape());
                    }
                }
                yield WeightBuilder.isRoomFor(bytes);
            }
        };
    }

    private boolean staysInFile(Assignment assignment) {
        List<TensorEntry> entries = assignment.sources();
        return isViewed(assignment)
                && lieInOrder(entries)
                && builder.staysInPlace(assignment.role(), 1, format(entries.get(0).type()));
    }

    private void checkPlacement(Assignment assignment) throws IOException {
        if (assignment.role() == Role.EXPERTS
                && experts == ExpertPlacement.IN_FILE
                && !staysInFile(assignment)) {
            TensorEntry first = assignment.sources().get(0);
            throw new IOException(
                    "%s: the experts of %s cannot stay in their file: expected %s on a processor, one after another; found %s%s. Load and save the model once where memory has room for it."
                            .formatted(
                                    first.file(),
                                    assignment.path(),
                                    builder.format(),
                                    first.type(),
                                    lieInOrder(assignment.sources()) ? "" : ", scattered"));
        }
    }

    private NDArray array(Assignment assignment) throws IOException {
        checkPlacement(assignment);
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

    /** Returns the parts that a parameter is joined of, or the one that is the parameter. */
    private List<NDArray> views(Assignment assignment) throws IOException {
        List<TensorEntry> entries = assignment.sources();
        boolean areExperts = assignment.role() == Role.EXPERTS;
        if (areExperts && lieInOrder(entries)) {
            return List.of(view(entries.get(0), assignment.parameter().getShape()));
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

    /** Returns whether tensors lie one after another in one file, as one larger tensor would. */
    private static boolean lieInOrder(List<TensorEntry> entries) {
        TensorEntry first = entries.get(0);
        long end = first.offset();
        for (TensorEntry entry : entries) {
            if (entry.offset() != end
                    || entry.type() != first.type()
                    || !entry.file().equals(first.file())) {
                return false;
            }
            end += entry.bytes();
        }
        return true;
    }

    /** Returns elements in place, from the first of a tensor on. */
    private NDArray view(TensorEntry entry, Shape shape) throws IOException {
        NDArray file = files.get(entry.file());
        if (file == null) {
            file = tensors.map(entry.file(), Files.size(entry.file()));
            files.put(entry.file(), file);
        }
        long bytes = file.getShape().size();
        if (entry.offset() > bytes - entry.type().bytes(shape.size())) {
            throw new MalformedFileException(
                    entry.file(),
                    "the file ends at byte %d, inside the tensor %s; it was longer when opened."
                            .formatted(bytes, entry.name()));
        }
        return tensors.view(
                file,
                ENGINE_TYPES.get(entry.type()),
                entry.offset() / entry.type().blockBytes(),
                shape);
    }
}
