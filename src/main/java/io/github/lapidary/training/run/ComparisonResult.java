package io.github.lapidary.training.run;

import io.github.lapidary.checkpoint.ModelSize;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What a configuration of a comparison came to.
 *
 * @param name what it is called
 * @param size how many parameters its model has
 * @param runs its finished runs, one a seed, at least one
 */
public record ComparisonResult(String name, ModelSize size, List<FinishedRun> runs) {

    /** Takes a copy of the list. */
    public ComparisonResult {
        runs = List.copyOf(runs);
    }

    /** Returns how many tokens a run was trained on, on the average. */
    public long tokens() {
        return Math.round(over(FinishedRun::tokens).mean());
    }

    /** Returns the losses after the last update, in nats a token. */
    public Spread loss() {
        return over(run -> run.last().loss());
    }

    /** Returns the least losses of all validations. */
    public Spread bestLoss() {
        return over(run -> run.best().loss());
    }

    /** Returns what a byte of the text held out takes after the last update, in bits. */
    public Spread bitsPerByte() {
        return over(run -> run.last().bitsPerByte());
    }

    /** Returns the speeds of the runs, each that of its median update. */
    public Spread tokensPerSecond() {
        return over(FinishedRun::tokensPerSecond);
    }

    private Spread over(ToDoubleFunction<FinishedRun> value) {
        return Spread.of(runs.stream().mapToDouble(value));
    }
}
