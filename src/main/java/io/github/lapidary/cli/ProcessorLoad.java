package io.github.lapidary.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How busy the machine was up to a moment, and how much of that was this process; Linux only.
 *
 * @param busy ticks of all processors that were not idle; those that the host stole count too
 * @param all ticks of all processors
 * @param own ticks of this process
 * @param processors how many there are
 */
record ProcessorLoad(long busy, long all, long own, int processors) {

    private static final Path MACHINE = Path.of("/proc/stat");
    private static final Path PROCESS = Path.of("/proc/self/stat");
    private static final int FIELDS = 8; // user nice system idle iowait irq softirq steal
    private static final int IDLE = 3;
    private static final int WAITING = 4;
    private static final int USER = 11; // of a process, counted after its name
    private static final int SYSTEM = 12;
    private static final int LEAST_TICKS = 50; // of each processor: half a second

    /** Returns what the system counted up to now; nothing where there is no {@code /proc}. */
    static Optional<ProcessorLoad> now() throws IOException {
        return Files.isReadable(MACHINE) && Files.isReadable(PROCESS)
                ? Optional.of(of(Files.readString(MACHINE), Files.readString(PROCESS)))
                : Optional.empty();
    }

    /** Reads the text of both files. */
    static ProcessorLoad of(String machine, String process) {
        long[] ticks =
                Arrays.stream(machine.lines().findFirst().orElseThrow().split("\\s+", -1))
                        .skip(1)
                        .limit(FIELDS)
                        .mapToLong(Long::parseLong)
                        .toArray();
        long all = Arrays.stream(ticks).sum();
        // The name in brackets may have spaces and brackets of its own.
        String[] fields = process.substring(process.lastIndexOf(')') + 2).split(" ", -1);
        return new ProcessorLoad(
                all - ticks[IDLE] - ticks[WAITING],
                all,
                Long.parseLong(fields[USER]) + Long.parseLong(fields[SYSTEM]),
                (int) machine.lines().filter(line -> line.matches("cpu\\d+ .*")).count());
    }

    /**
     * Returns how many processors others used on average since an earlier moment, to two digits;
     * nothing if that is too short ago to tell.
     */
    OptionalDouble othersSince(ProcessorLoad earlier) {
        long ticks = all - earlier.all;
        if (ticks < (long) LEAST_TICKS * processors) {
            return OptionalDouble.empty();
        }
        double others = (double) (busy - earlier.busy) - (own - earlier.own);
        return OptionalDouble.of(
                Math.round(100 * Math.max(0, others * processors / ticks)) / 100.0);
    }
}
