package io.github.lapidary.cli;

import java.util.Arrays;

/**
 * How long a prompt took, and each step after it.
 *
 * @param promptTokens how many the prompt has
 * @param promptSeconds up to the token chosen after it
 * @param stepSeconds of each token that was added, up to the one chosen after it
 */
@SuppressWarnings("ArrayRecordComponent") // made once, never compared
record SpeedRun(int promptTokens, double promptSeconds, double... stepSeconds) {

    /** Returns the tokens a second of the prompt. */
    double prefillSpeed() {
        return promptTokens / promptSeconds;
    }

    /** Returns the tokens a second of the first so many steps. */
    double decodeSpeed(int steps) {
        return steps / Arrays.stream(stepSeconds, 0, steps).sum();
    }

    /** Returns the tokens a second of the median step. */
    double medianStepSpeed() {
        return 1 / Measurement.median(stepSeconds);
    }
}
