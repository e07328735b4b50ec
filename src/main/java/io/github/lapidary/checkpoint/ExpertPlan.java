package io.github.lapidary.checkpoint;

import io.github.lapidary.checkpoint.TensorPlan.Assignment;
import io.github.lapidary.file.TensorEntry;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Where the experts of a model will be.
 *
 * @param packs whether they are packed, beside their plain weights
 * @param inFile the parameters that are used where their experts lie; others are copied
 */
record ExpertPlan(boolean packs, Set<String> inFile) {

    /**
     * Decides where they will be.
     *
     * @param plan what fills the model
     * @param builder of a format, on a device, with so much memory
     * @throws IOException if experts cannot lie in their file as wished, or have to be copied and
     *     memory has no room for that
     */
    static ExpertPlan of(TensorPlan plan, WeightBuilder builder, ExpertPlacement placement)
            throws IOException {
        List<Assignment> experts =
                plan.assignments().stream().filter(a -> a.role() == Role.EXPERTS).toList();
        boolean packs =
                switch (placement) {
                    case PACKED -> true;
                    case IN_FILE -> false;
                    case AUTOMATIC -> isRoomToPack(plan, builder);
                };
        Set<String> inFile = new HashSet<>();
        for (Assignment assignment : experts) {
            // What lies apart is copied where there is room: such copies can be trained, too.
            if (packs ? liesInOrder(assignment, builder) : canStay(assignment, builder)) {
                inFile.add(assignment.path());
            }
        }
        if (!packs) {
            checkCopies(
                    experts.stream().filter(a -> !inFile.contains(a.path())).toList(),
                    builder,
                    placement);
        }
        return new ExpertPlan(packs, inFile);
    }

    private static boolean isRoomToPack(TensorPlan plan, WeightBuilder builder) throws IOException {
        long bytes = 0;
        for (Assignment assignment : plan.assignments()) {
            long own = builder.bytes(assignment.role(), assignment.parameter().getShape());
            boolean isCopied =
                    assignment.role() == Role.EXPERTS && !liesInOrder(assignment, builder);
            bytes += isCopied ? 2 * own : own;
        }
        return builder.isRoomFor(bytes);
    }

    private static boolean canStay(Assignment assignment, WeightBuilder builder) {
        List<TensorEntry> entries = assignment.sources();
        return CheckpointLoader.canBeViewed(entries.get(0))
                && spacing(entries).isPresent()
                && builder.staysInPlace(
                        Role.EXPERTS, 1, CheckpointLoader.format(entries.get(0).type()));
    }

    private static boolean liesInOrder(Assignment assignment, WeightBuilder builder) {
        return canStay(assignment, builder) && lieInOrder(assignment.sources());
    }

    /** Returns whether tensors lie one after another in one file, as one larger tensor would. */
    static boolean lieInOrder(List<TensorEntry> entries) {
        return spacing(entries).equals(OptionalLong.of(entries.get(0).bytes()));
    }

    /**
     * Returns how many bytes each of several tensors of a shape begins after the one before, if
     * they are of one type in one file, and that is the same for all.
     */
    static OptionalLong spacing(List<TensorEntry> entries) {
        TensorEntry first = entries.get(0);
        long spacing =
                entries.size() == 1 ? first.bytes() : entries.get(1).offset() - first.offset();
        for (int i = 0; i < entries.size(); i++) {
            TensorEntry entry = entries.get(i);
            if (entry.offset() != first.offset() + i * spacing
                    || entry.type() != first.type()
                    || !entry.file().equals(first.file())) {
                return OptionalLong.empty();
            }
        }
        return spacing < first.bytes() ? OptionalLong.empty() : OptionalLong.of(spacing);
    }

    private static void checkCopies(
            List<Assignment> copied, WeightBuilder builder, ExpertPlacement placement)
            throws IOException {
        if (copied.isEmpty()) {
            return;
        }
        long needed =
                copied.stream()
                        .mapToLong(a -> builder.bytes(a.role(), a.parameter().getShape()))
                        .sum();
        long available = builder.availableMemory();
        if (placement == ExpertPlacement.IN_FILE) {
            throw refusal(copied.get(0), builder, "");
        }
        if (needed > available) {
            throw refusal(
                    copied.get(0),
                    builder,
                    " Copies of such experts need %d bytes of memory; %d are available."
                            .formatted(needed, available));
        }
    }

    private static IOException refusal(
            Assignment assignment, WeightBuilder builder, String memory) {
        List<TensorEntry> entries = assignment.sources();
        TensorEntry first = entries.get(0);
        return new IOException(
                "%s: the experts of %s cannot stay in their file: expected %s on a processor, at equal distances; found %s%s.%s Load and save the model once where memory has room for it."
                        .formatted(
                                first.file(),
                                assignment.path(),
                                builder.format(),
                                first.type(),
                                spacing(entries).isPresent() ? "" : ", scattered",
                                memory));
    }
}
