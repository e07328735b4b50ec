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
    private final long total;
    private final PrintStream terminal;
    private final Instant start = Instant.now();
    private ProgressBar bar;

    /**
     * Starts a task.
     *
     * @param task what is done
     * @param total how many steps there are
     * @param terminal where the bar is drawn; null if there is no terminal
     */
    Progress(String task, long total, PrintStream terminal) {
        this.task = task;
        this.total = total;
        this.terminal = terminal;
    }

    /**
     * Returns standard error if it is a terminal, else null.
     *
     * <p>Java can only tell whether both input and output are one, so the launcher tells.
     */
    static PrintStream terminal() {
        return Boolean.getBoolean("lapidary.terminal") ? System.err : null;
    }

    /** Tells how many steps are done. */
    void update(long done) {
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
        }
    }

    private Duration elapsed() {
        return Duration.between(start, Instant.now());
    }
}
