package io.github.lapidary.training.run;

import ai.djl.MalformedModelException;
import io.github.lapidary.checkpoint.ModelSize;
import io.github.lapidary.file.MalformedFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/**
 * Several configurations, each trained with several seeds, held against each other.
 *
 * <p>One run follows another, each in a folder of its own: {@code dense/seed-1} in the comparison's
 * for {@code dense.yaml} and the seed 1. What is finished is not run again, and what was
 * interrupted goes on as {@link TrainingRun} does. Not safe for use from many threads.
 */
public final class Comparison {

    private static final String TABLE = "comparison.csv";
    private static final String PICTURE = "comparison.png";

    private final Path folder;
    private final List<String> names;
    private final List<ComparedRun> runs;

    private Comparison(Path folder, List<String> names, List<ComparedRun> runs) {
        this.folder = folder;
        this.names = names;
        this.runs = runs;
    }

    /**
     * Reads configurations, and checks all that their runs are made from.
     *
     * @param files a configuration each, named differently; what they say of folder and seed counts
     *     for nothing
     * @param seeds the seeds of each configuration
     * @param folder what all runs are written into
     * @param overrides {@code key=value} each, in place of what all files say
     * @throws MalformedFileException if a configuration is not possible, has no validation, or is
     *     not that of the run in its folder
     * @throws IOException if a file cannot be read or does not fit the others; if memory does not
     *     suffice
     * @throws IllegalArgumentException if names or seeds are missing or the same, or an override is
     *     none or is for what the comparison sets itself
     */
    public static Comparison open(
            List<Path> files, List<Integer> seeds, Path folder, List<String> overrides)
            throws IOException {
        List<String> names = files.stream().map(ComparedRun::name).toList();
        checkDifferent("configurations, by the names of their files", names);
        checkDifferent("seeds", seeds);
        for (RunKey key : List.of(RunKey.OUT, RunKey.SEED)) {
            if (overrides.stream().anyMatch(each -> each.startsWith(key + "="))) {
                throw new IllegalArgumentException(
                        "A comparison sets %s itself; found %s.".formatted(key, overrides));
            }
        }
        List<ComparedRun> runs = new ArrayList<>();
        for (int seed : seeds) { // so that after each seed the configurations can be compared
            for (Path file : files) {
                runs.add(ComparedRun.read(file, overrides, folder, seed));
            }
        }
        for (ComparedRun run : runs) {
            run.check();
        }
        return new Comparison(folder, names, runs);
    }

    private static void checkDifferent(String what, List<?> found) {
        if (found.isEmpty() || new HashSet<>(found).size() < found.size()) {
            throw new IllegalArgumentException(
                    "Expected different %s, one or more; found %s.".formatted(what, found));
        }
    }

    /**
     * Trains what is not trained yet, until the end, or until this thread is interrupted: then the
     * run is saved, and the thread is not interrupted any more.
     *
     * @return whether all runs are finished
     * @throws IllegalStateException if a loss or a gradient is not finite
     * @throws IOException if a file cannot be read or written
     * @throws MalformedModelException if a checkpoint does not fit its model
     */
    public boolean run(ComparisonListener listener) throws IOException, MalformedModelException {
        for (int i = 0; i < runs.size(); i++) {
            ComparedRun run = runs.get(i);
            listener.next(run, i + 1, runs.size());
            if (!run.isFinished() && !train(run, listener)) {
                return false;
            }
        }
        return true;
    }

    private static boolean train(ComparedRun run, RunListener listener)
            throws IOException, MalformedModelException {
        if (Thread.interrupted()) {
            return false;
        }
        try (TrainingRun training = TrainingRun.open(run.config(), run.isBegun())) {
            return training.run(listener).end() != RunResult.End.INTERRUPTED;
        }
    }

    /** Returns what the finished runs came to, by configuration; those without any are left out. */
    public List<ComparisonResult> results() throws IOException {
        List<ComparisonResult> results = new ArrayList<>();
        for (String name : names) {
            List<ComparedRun> finished =
                    runs.stream()
                            .filter(run -> run.name().equals(name) && run.isFinished())
                            .toList();
            List<FinishedRun> read = new ArrayList<>();
            for (ComparedRun run : finished) {
                read.add(run.result());
            }
            if (!read.isEmpty()) {
                ModelSize size = ModelSize.of(RunData.modelConfig(finished.get(0).config()));
                results.add(new ComparisonResult(name, size, read));
            }
        }
        return results;
    }

    /**
     * Writes the validations of finished runs into the folder: {@code comparison.csv}, and {@code
     * comparison.png} with their curves.
     *
     * @param results what {@link #results} has returned
     * @throws io.github.lapidary.chart.ChartException if there are no fonts to draw with; the table
     *     is written
     * @throws IOException if a file cannot be written
     */
    public void writeCurves(List<ComparisonResult> results) throws IOException {
        ComparisonCurves curves = ComparisonCurves.of(results);
        curves.writeTable(folder.resolve(TABLE));
        curves.writePicture(folder.resolve(PICTURE));
    }
}
