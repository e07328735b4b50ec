package io.github.lapidary.cli;

import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * A bar that shows how far a task is, on a terminal and only if the task takes over a second.
 *
 * <p>It is gone when the task ends.
 */
final class Progress implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(1);
    private static final int COLUMNS = 79;

    private final String task;
    private final PrintStream terminal;
    private final Instant start = Instant.now();
    private ProgressBar bar;

    /**
     * Starts a task.
     *
     * @param task what is done
     * @param terminal where the bar is drawn; null if there is no terminal
     */
    Progress(String task, PrintStream terminal) {
        this.task = task;
        this.terminal = terminal;
    }

    /** Tells how many steps are done, of how many. */
    void update(long done, long total) {
        if (bar != null) {
            bar.stepTo(done);
        } else if (terminal != null && done < total && elapsed().compareTo(PATIENCE) > 0) {
            bar =
                    new ProgressBarBuilder()
                            .setTaskName(task)
                            .setInitialMax(total)
                            .startsFrom(done, elapsed())
                            .setStyle(ProgressBarStyle.ASCII)
                            .setConsumer(new ConsoleProgressBarConsumer(terminal, COLUMNS))
                            .clearDisplayOnFinish()
                            .build();
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }

    private Duration elapsed() {
        return Duration.between(start, Instant.now());
    }
}
