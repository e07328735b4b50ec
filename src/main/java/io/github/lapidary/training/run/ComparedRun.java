package io.github.lapidary.training.run;

import com.google.gson.Gson;
import io.github.lapidary.checkpoint.Checkpoint;
import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.file.MalformedFileException;
import io.github.lapidary.kernel.format.MainMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A run of a comparison.
 *
 * @param name what its configuration is called
 * @param seed its seed
 * @param config what it trains; its folder is within the comparison's
 */
public record ComparedRun(String name, int seed, RunConfig config) {

    /**
     * Reads a configuration for a folder of a comparison.
     *
     * @throws MalformedFileException if the folder holds a run with other settings
     */
    static ComparedRun read(Path file, List<String> overrides, Path folder, int seed)
            throws IOException {
        String name = name(file);
        Path out = folder.resolve(name).resolve("seed-" + seed);
        List<String> all = new ArrayList<>(overrides);
        all.add("out=" + new Gson().toJson(out.toString())); // which is YAML, whatever the path
        all.add("seed=" + seed);
        RunConfig config = RunConfig.read(file, all);
        if (config.validation().isEmpty()) {
            throw new MalformedFileException(
                    file,
                    "%s is missing; models are compared on texts held out."
                            .formatted(RunKey.VALIDATION_TOKENS));
        }
        Path begun = out.resolve(TrainingRun.CONFIG);
        if (Files.exists(begun)) {
            checkSame(begun, RunValues.read(begun, List.of()), RunValues.read(file, all));
        }
        return new ComparedRun(name, seed, config);
    }

    /** Returns the name of a file without its ending. */
    static String name(Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot < 1 ? name : name.substring(0, dot);
    }

    private static void checkSame(Path begun, RunValues before, RunValues now)
            throws MalformedFileException {
        Optional<RunKey> other = before.firstDifference(now);
        if (other.isPresent()) {
            throw new MalformedFileException(
                    begun,
                    "the run was begun with %s: %s, which is %s now; take another folder for the comparison, or remove this run's."
                            .formatted(other.get(), before.get(other.get()), now.get(other.get())));
        }
    }

    /** Returns whether it has come to its end. */
    public boolean isFinished() {
        return Files.isDirectory(config.out().resolve(TrainingRun.MODEL));
    }

    /** Returns whether there is something to go on with. */
    boolean isBegun() {
        return Files.isDirectory(config.out().resolve(RunFolder.CHECKPOINTS));
    }

    /** Checks all that the run is made from; if it is finished, that it was made from the same. */
    void check() throws IOException {
        if (isFinished()) {
            Path model = config.out().resolve(TrainingRun.MODEL);
            ModelConfig expected = RunData.modelConfig(config);
            Learner.checkShape(model, Checkpoint.open(model).config(), expected);
        } else {
            MemoryEstimate.of(config, RunData.open(config).modelConfig())
                    .check(config, MainMemory.available());
        }
    }

    /** Reads what it came to. */
    FinishedRun result() throws IOException {
        return FinishedRun.of(seed, MetricsLog.ofFinished(config.out()));
    }
}
