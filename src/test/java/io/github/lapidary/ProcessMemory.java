package io.github.lapidary;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What Linux tells of this process's memory; elsewhere nothing is known. */
public final class ProcessMemory {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path MAPS = Path.of("/proc/self/maps");
    private static final Path PAGES = Path.of("/proc/self/pagemap");
    private static final int PAGE_BYTES = 4096;

    private ProcessMemory() {}

    /** Returns the resident bytes that no file backs, 0 where that is not known. */
    public static long privateBytes() {
        return status("RssAnon:");
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

    /** Returns whether it is known which pages are resident. */
    public static boolean knowsPages() {
        return Files.isReadable(PAGES) && pageBytes() == PAGE_BYTES;
    }

    /** The process's own report of a mapping names the size of its pages. */
    private static long pageBytes() {
        return lines(Path.of("/proc/self/smaps")).stream()
                .filter(line -> line.startsWith("KernelPageSize:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                .findFirst()
                .orElse(0);
    }

    /**
     * Returns how many bytes of a file that is mapped once are resident, of the whole pages of a
     * stretch.
     */
    public static long residentBytes(Path file, long first, long last) throws IOException {
        String mapping = mappings(file).get(0); // begins with its addresses, 7f00-7f10
        long address = Long.parseLong(mapping.substring(0, mapping.indexOf('-')), 16);
        long page = (address + first + PAGE_BYTES - 1) / PAGE_BYTES;
        int pages = Math.toIntExact((address + last) / PAGE_BYTES - page);
        ByteBuffer flags = ByteBuffer.allocate(pages * Long.BYTES).order(ByteOrder.nativeOrder());
        try (FileChannel channel = FileChannel.open(PAGES)) {
            while (flags.hasRemaining()
                    && channel.read(flags, page * Long.BYTES + flags.position()) > 0) {
                // a read may end early
            }
        }
        long resident = 0;
        for (int i = 0; i < pages; i++) {
            resident += flags.getLong(i * Long.BYTES) < 0 ? PAGE_BYTES : 0; // the highest bit
        }
        return resident;
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
