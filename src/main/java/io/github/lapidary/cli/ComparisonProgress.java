package io.github.lapidary.cli;

import io.github.lapidary.training.run.ComparedRun;
import io.github.lapidary.training.run.ComparisonListener;
import io.github.lapidary.training.run.Metrics;

/** Shows how a comparison goes: a line for each run, and what training shows. */
final class ComparisonProgress implements ComparisonListener, AutoCloseable {

    private final Console console;
    private TrainingProgress run;

    ComparisonProgress(Console console) {
        this.console = console;
        run = new TrainingProgress(console);
    }

    @Override
    public void next(ComparedRun next, int number, int count) {
        run.close();
        run = new TrainingProgress(console);
        console.tell(
                "run %d of %d, %s with seed %d%s"
                        .formatted(
                                number,
                                count,
                                next.name(),
                                next.seed(),
                                next.isFinished() ? ": finished before" : ""));
    }

    @Override
    public void started(long step, long total) {
        run.started(step, total);
    }

    @Override
    public void updated(Metrics metrics) {
        run.updated(metrics);
    }

    @Override
    public void noticed(String message) {
        run.noticed(message);
    }

    @Override
    public void close() {
        run.close();
    }
}
