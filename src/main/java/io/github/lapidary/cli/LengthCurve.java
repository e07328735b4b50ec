package io.github.lapidary.cli;

import java.util.OptionalInt;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A speed that is measured at several lengths. */
enum LengthCurve {
    /** Of a prompt, against its length. */
    PREFILL("prefill", ""),
    /** Of single steps, against the length of the text before them. */
    AT_CONTEXT("decode_ctx", ""),
    /** Of all steps after a prompt, against their number. */
    GENERATED("decode", "_after" + LengthCurve.PROMPT);

    /** The prompt after which so much is generated. */
    static final int PROMPT = 2048;

    /** Steps of which {@link #AT_CONTEXT} takes the median. */
    static final int STEPS = 32;

    private final String prefix;
    private final String suffix;

    LengthCurve(String prefix, String suffix) {
        this.prefix = prefix;
        this.suffix = suffix;
    }

    /** Returns its name, that of its metrics without the length. */
    String label() {
        return prefix + suffix;
    }

    /** Returns the metric for a length. */
    Metric at(int tokens) {
        String name = prefix + tokens + suffix;
        return switch (this) {
            case PREFILL -> new Metric(name, tokens, 0, SpeedRun::prefillSpeed);
            case AT_CONTEXT -> new Metric(name, tokens, STEPS, SpeedRun::medianStepSpeed);
            case GENERATED -> new Metric(name, PROMPT, tokens, run -> run.decodeSpeed(tokens));
        };
    }

    /** Returns the length of a metric, if it is one of this curve. */
    OptionalInt tokens(String metric) {
        Matcher matcher =
                Pattern.compile(Pattern.quote(prefix) + "(\\d{1,9})" + Pattern.quote(suffix))
                        .matcher(metric);
        return matcher.matches()
                ? OptionalInt.of(Integer.parseInt(matcher.group(1)))
                : OptionalInt.empty();
    }

    /**
     * What is measured by a run.
     *
     * @param name its name
     * @param prompt tokens that are read first
     * @param steps tokens that are added then
     * @param speed tokens a second
     */
    record Metric(String name, int prompt, int steps, ToDoubleFunction<SpeedRun> speed) {

        /** Returns how many tokens the model's context must hold. */
        int context() {
            return Math.addExact(prompt, steps);
        }
    }
}
