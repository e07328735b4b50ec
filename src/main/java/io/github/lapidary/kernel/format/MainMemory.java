package io.github.lapidary.kernel.format;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** What this machine's memory has to spare. */
public final class MainMemory {

    private static final Path MEMORY = Path.of("/proc/meminfo");
    private static final String AVAILABLE = "MemAvailable:";

    private MainMemory() {}

    /**
     * Returns how many bytes a new program could have now; where the system does not tell, all that
     * there are.
     */
    public static long available() throws IOException {
        OperatingSystemMXBean system =
                (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long total = system.getTotalMemorySize(); // of the container, if this is one
        if (!Files.isReadable(MEMORY)) {
            return total;
        }
        return Files.readAllLines(MEMORY).stream()
                .filter(line -> line.startsWith(AVAILABLE))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024)
                .map(free -> Math.min(free, total))
                .findFirst()
                .orElse(total);
    }
}
