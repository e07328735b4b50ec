package io.github.lapidary.cli;

import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import me.tongfei.progressbar.ProgressState;

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
    private String note = "";
    private long first = -1;

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

    /** Tells how many steps are done, of how many; those of the first call were done before. */
    void update(long done, long total) {
        if (first < 0) {
            first = done;
        }
        if (bar != null) {
            bar.stepTo(done);
        } else if (terminal != null && done < total && elapsed().compareTo(PATIENCE) > 0) {
            bar =
                    new ProgressBarBuilder()
                            .setTaskName(task)
                            .setInitialMax(total)
                            .startsFrom(done, elapsed())
                            .setEtaFunction(this::left)
                            .setStyle(ProgressBarStyle.ASCII)
                            .setConsumer(new ConsoleProgressBarConsumer(terminal, COLUMNS))
                            .clearDisplayOnFinish()
                            .build();
            bar.setExtraMessage(note);
        }
    }

    /** Shows something beside the bar from now on. */
    void note(String text) {
        note = text;
        if (bar != null) {
            bar.setExtraMessage(text);
        }
    }

    /** Takes the bar away, so that other things can be written; the next update shows it again. */
    void hide() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }

    @Override
    public void close() {
        hide();
    }

    /** Judges the time left by all that was done, not only since the bar was last hidden. */
    private Optional<Duration> left(ProgressState state) {
        long done = state.getCurrent() - first;
        double seconds = elapsed().toMillis() / 1e3 / done * (state.getMax() - state.getCurrent());
        return done <= 0 ? Optional.empty() : Optional.of(Duration.ofSeconds((long) seconds));
    }

    private Duration elapsed() {
        return Duration.between(start, Instant.now());
    }
}
