package io.github.lapidary.cli;

import io.github.lapidary.training.run.Metrics;
import io.github.lapidary.training.run.Quality;
import io.github.lapidary.training.run.RunListener;
import java.util.Locale;

/** Shows how a training goes: a bar, and a line for each validation. */
final class TrainingProgress implements RunListener, AutoCloseable {

    private final Console console;
    private final Progress bar;
    private long steps;

    TrainingProgress(Console console) {
        this.console = console;
        bar = console.progress("Training");
    }

    @Override
    public void started(long step, long total) {
        steps = total;
        bar.update(step, total);
    }

    @Override
    public void updated(Metrics metrics) {
        bar.note(
                String.format(
                        Locale.ROOT,
                        "loss %.3f, %,.0f tokens/s%s",
                        metrics.loss(),
                        metrics.tokensPerSecond(),
                        dropped(metrics)));
        bar.update(metrics.step(), steps);
        metrics.heldOut().ifPresent(quality -> tell(metrics, quality));
    }

    private static String dropped(Metrics metrics) {
        return metrics.dropped() == 0
                ? ""
                : String.format(Locale.ROOT, ", dropped %.1f %%", 100 * metrics.dropped());
    }

    private void tell(Metrics metrics, Quality quality) {
        noticed(
                String.format(
                        Locale.ROOT,
                        "step %d: loss %.4f, validation %.4f, perplexity %.2f, %.4f bits per byte",
                        metrics.step(),
                        metrics.loss(),
                        quality.loss(),
                        quality.perplexity(),
                        quality.bitsPerByte()));
    }

    @Override
    public void noticed(String message) {
        bar.hide();
        console.tell(message);
    }

    @Override
    public void close() {
        bar.close();
    }
}
