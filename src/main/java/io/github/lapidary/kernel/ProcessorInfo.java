package io.github.lapidary.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the system tells of this machine's processor.
 *
 * @param vendor its maker, as {@code GenuineIntel}, if it is told: those of other kinds than x86
 *     have none
 * @param name what it is called, as {@code AMD EPYC}, if it is told
 * @param features the instructions that it has, if the system tells, as {@code avx512_bf16}
 */
public record ProcessorInfo(
        Optional<String> vendor, Optional<String> name, Optional<Set<String>> features) {

    private static final Logger logger = LoggerFactory.getLogger(ProcessorInfo.class);

    /** Returns that of this machine, which Linux tells; elsewhere nothing is known. */
    public static ProcessorInfo ofThisMachine() {
        Path linux = Path.of("/proc/cpuinfo");
        try {
            if (Files.isReadable(linux)) {
                return parse(Files.readAllLines(linux));
            }
        } catch (IOException e) {
            logger.debug("{} cannot be read.", linux, e);
        }
        return new ProcessorInfo(Optional.empty(), Optional.empty(), Optional.empty());
    }

    /** Reads what Linux tells, lines of keys and values, of all cores alike. */
    static ProcessorInfo parse(List<String> lines) {
        return new ProcessorInfo(
                values(lines, "vendor_id").findFirst(),
                values(lines, "model name").findFirst(),
                Stream.concat(values(lines, "flags"), values(lines, "Features"))
                        .findFirst()
                        .map(words -> Arrays.stream(words.split("\\s+")))
                        .map(words -> words.collect(Collectors.toUnmodifiableSet())));
    }

    private static Stream<String> values(List<String> lines, String key) {
        return lines.stream()
                .map(line -> line.split(":", 2))
                .filter(line -> line.length == 2 && line[0].strip().equals(key))
                .map(line -> line[1].strip());
    }

    /**
     * Returns whether Intel's libraries, which know its own processors best, may have been made for
     * it.
     */
    boolean isIntel() {
        return vendor.map("GenuineIntel"::equals).orElse(true);
    }
}
