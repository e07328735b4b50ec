package io.github.lapidary.generation;

import java.util.OptionalInt;

/**
 * How a text is scored.
 *
 * @param stride how far the window moves over a text that is longer than the context, 1 to the
 *     context; by default half of it
 * @param topLogprobs how many of the likeliest tokens are wanted for each place, 0 to 20
 * @param cancellation ends the scoring with a {@link java.util.concurrent.CancellationException}
 */
public record ScoreOptions(OptionalInt stride, int topLogprobs, Cancellation cancellation) {

    private static final int MOST_LOGPROBS = 20;

    /**
     * Checks the options.
     *
     * @throws InvalidOptionException if one is out of its range
     */
    public ScoreOptions {
        if (stride.isPresent() && stride.getAsInt() < 1) {
            throw new InvalidOptionException(
                    "stride", "allows counts from 1; found " + stride.getAsInt());
        }
        if (topLogprobs < 0 || topLogprobs > MOST_LOGPROBS) {
            throw new InvalidOptionException(
                    "topLogprobs",
                    "allows counts from 0 to " + MOST_LOGPROBS + "; found " + topLogprobs);
        }
    }

    /** Returns the options of a plain scoring. */
    public static ScoreOptions defaults() {
        return new ScoreOptions(OptionalInt.empty(), 0, new Cancellation());
    }
}
