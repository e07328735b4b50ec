package io.github.lapidary.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The largest resident set of this process, where the system tells. */
final class PeakMemory {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Pattern PEAK = Pattern.compile("VmHWM:\\s*(\\d+) kB");

    private PeakMemory() {}

    /** Returns it in MB of 1,048,576 bytes; nothing where there is no {@code /proc}. */
    static OptionalDouble megabytes() throws IOException {
        if (!Files.isReadable(STATUS)) {
            return OptionalDouble.empty();
        }
        Matcher peak = PEAK.matcher(Files.readString(STATUS));
        return peak.find()
                ? OptionalDouble.of(Double.parseDouble(peak.group(1)) / 1024)
                : OptionalDouble.empty();
    }
}
