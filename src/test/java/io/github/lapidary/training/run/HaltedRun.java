package io.github.lapidary.training.run;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** A run whose process ends at once, as if it were killed. */
final class HaltedRun implements RunListener {

    static final int EXIT_CODE = 137;

    private final long step;
    private final String part;

    private HaltedRun(long step, String part) {
        this.step = step;
        this.part = part;
    }

    /**
     * Runs the configuration {@code args[0]} until the update {@code args[1]}, or, if {@code
     * args[2]} is a part of a checkpoint, until that is to be written then; overrides follow.
     */
    public static void main(String[] args) throws Exception {
        List<String> overrides = Arrays.asList(args).subList(3, args.length);
        try (TrainingRun run =
                TrainingRun.open(RunConfig.read(Path.of(args[0]), overrides), false)) {
            run.run(new HaltedRun(Long.parseLong(args[1]), args[2]));
        }
    }

    @Override
    public void updated(Metrics metrics) {
        if (metrics.step() == step && part.isEmpty()) {
            Runtime.getRuntime().halt(EXIT_CODE);
        }
    }

    @Override
    public void saving(long saved, Path file) {
        if (saved == step && file.getFileName().toString().equals(part)) {
            Runtime.getRuntime().halt(EXIT_CODE);
        }
    }
}
