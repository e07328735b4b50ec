package io.github.lapidary;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What Linux tells of this process's memory; elsewhere nothing is known. */
public final class ProcessMemory {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path MAPS = Path.of("/proc/self/maps");

    private ProcessMemory() {}

    /** Returns the resident bytes that no file backs, 0 where that is not known. */
    public static long privateBytes() {
        return status("RssAnon:");
    }

    /** Returns the resident bytes of files, 0 where that is not known. */
    public static long fileBytes() {
        return status("RssFile:");
    }

    /** Returns the most resident bytes there have been, 0 where that is not known. */
    public static long peakBytes() {
        return status("VmHWM:");
    }

    private static long status(String key) {
        return lines(STATUS).stream()
                .filter(line -> line.startsWith(key))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                .sum();
    }

    /** Returns the private bytes once the heap is collected. */
    public static long privateBytesOfTheLiving() {
        System.gc();
        return privateBytes();
    }

    /** Returns the bytes of objects, as they are after a collection. */
    public static long heapBytes() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    /** Returns the mappings of files below a folder. */
    public static List<String> mappings(Path folder) {
        return lines(MAPS).stream().filter(line -> line.contains(folder.toString())).toList();
    }

    private static List<String> lines(Path file) {
        if (!Files.exists(file)) {
            return List.of();
        }
        try (Stream<String> lines = Files.lines(file)) {
            return lines.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
