package io.github.lapidary.text.jinja;

import java.time.Clock;

/** One run of a template: what it has cost so far, and the time of day. */
final class Rendering {

    private final Clock clock;
    private long steps;
    private int depth;

    Rendering(Clock clock) {
        this.clock = clock;
    }

    Clock clock() {
        return clock;
    }

    /** Counts one step into an expression or statement; {@link #leave} must follow. */
    void enter() {
        if (++depth > Limits.DEPTH) {
            depth--;
            throw new JinjaException(
                    "this is nested more than " + Limits.DEPTH + " deep, macros counted.");
        }
        try {
            spend(1);
        } catch (JinjaException e) {
            depth--;
            throw e;
        }
    }

    void leave() {
        depth--;
    }

    /** Counts steps. */
    void spend(long count) {
        steps += count;
        if (steps > Limits.STEPS) {
            throw new JinjaException("rendering takes more than " + Limits.STEPS + " steps.");
        }
    }

    /** Counts a search of a text for another, or with 1 for the other a walk through a text. */
    void spendSearch(int length, int otherLength) {
        spend(
                (1L + length / Limits.CHARACTERS_A_STEP)
                        * (1L + otherLength / Limits.CHARACTERS_A_STEP));
    }
}
