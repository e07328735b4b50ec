package io.github.lapidary.file;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Collects the tensors of one file and refuses what no container may hold. */
final class TensorDirectory {

    private final Path file;
    private final Map<String, TensorEntry> entries = new LinkedHashMap<>();

    TensorDirectory(Path file) {
        this.file = file;
    }

    /** Adds a tensor, whose offset counts from the start of the file. */
    TensorEntry add(String name, StoredType type, List<Long> shape, long offset)
            throws MalformedFileException {
        checkName(name);
        checkShape(name, type, shape);
        TensorEntry entry = new TensorEntry(name, type, shape, file, offset);
        try {
            // Overflows are found here, so that later sums need no check.
            Math.addExact(offset, entry.bytes());
        } catch (ArithmeticException e) {
            throw new MalformedFileException(
                    file,
                    "the tensor %s has the shape %s, more than a file can hold."
                            .formatted(name, shape),
                    e);
        }
        if (entries.put(name, entry) != null) {
            throw new MalformedFileException(file, "the tensor " + name + " is there twice.");
        }
        if (entries.size() > Limits.TENSORS) {
            throw new MalformedFileException(
                    file, "more than " + Limits.TENSORS + " tensors; expected fewer.");
        }
        return entry;
    }

    private void checkName(String name) throws MalformedFileException {
        if (name.length() > Limits.NAME_LENGTH) {
            throw new MalformedFileException(
                    file,
                    "a tensor's name has %d characters; expected at most %d. It starts with %s."
                            .formatted(name.length(), Limits.NAME_LENGTH, name.substring(0, 80)));
        }
    }

    private void checkShape(String name, StoredType type, List<Long> shape)
            throws MalformedFileException {
        if (shape.size() > Limits.DIMENSIONS) {
            throw new MalformedFileException(
                    file,
                    "the tensor %s has %d dimensions; expected at most %d."
                            .formatted(name, shape.size(), Limits.DIMENSIONS));
        }
        if (shape.stream().anyMatch(size -> size < 0)) {
            throw new MalformedFileException(
                    file, "the tensor %s has the shape %s.".formatted(name, shape));
        }
        long row = shape.isEmpty() ? 1 : shape.get(shape.size() - 1);
        if (row % type.blockElements() != 0) {
            throw new MalformedFileException(
                    file,
                    "the tensor %s has rows of %d elements; expected a multiple of %d for %s."
                            .formatted(name, row, type.blockElements(), type));
        }
    }

    /** Returns the tensors in the order they were added. */
    Map<String, TensorEntry> tensors() {
        return Collections.unmodifiableMap(entries);
    }

    /** Refuses tensors that overlap, or do not lie between the two bytes. */
    void checkRanges(long start, long end) throws MalformedFileException {
        long free = start;
        TensorEntry last = null;
        for (TensorEntry entry : sorted()) {
            if (entry.offset() < free) {
                throw new MalformedFileException(
                        file,
                        "the tensor %s starts at byte %d, before byte %d where %s ends."
                                .formatted(
                                        entry.name(),
                                        entry.offset(),
                                        free,
                                        last == null ? "the header" : last.name()));
            }
            free = entry.offset() + entry.bytes();
            last = entry;
            if (free > end) {
                throw new MalformedFileException(
                        file,
                        "the tensor %s takes the bytes %d to %d, but the file ends at %d."
                                .formatted(entry.name(), entry.offset(), free, end));
            }
        }
    }

    /** Refuses bytes between the two that belong to no tensor; the ranges were checked before. */
    void checkNoHoles(long start, long end) throws MalformedFileException {
        long used = start;
        for (TensorEntry entry : sorted()) {
            if (entry.offset() > used) {
                throw new MalformedFileException(
                        file,
                        "the bytes %d to %d, before the tensor %s, belong to no tensor."
                                .formatted(used, entry.offset(), entry.name()));
            }
            used = entry.offset() + entry.bytes();
        }
        if (used < end) {
            throw new MalformedFileException(
                    file,
                    "the bytes %d to %d, after the last tensor, belong to no tensor."
                            .formatted(used, end));
        }
    }

    private List<TensorEntry> sorted() {
        List<TensorEntry> sorted = new ArrayList<>(entries.values());
        sorted.sort(
                Comparator.comparingLong(TensorEntry::offset)
                        .thenComparingLong(TensorEntry::bytes));
        return sorted;
    }
}
