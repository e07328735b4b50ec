package io.github.lapidary.cli;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * A line of measurements, as it was written or read back.
 *
 * @param model its name
 * @param quant the type it computed in
 * @param metric what was measured
 * @param value the median
 * @param min the least
 * @param max the greatest
 * @param n of how many runs
 * @param otherCpu how many processors others used meanwhile, if that is known
 */
record MeasuredPoint(
        String model,
        String quant,
        String metric,
        double value,
        double min,
        double max,
        int n,
        OptionalDouble otherCpu) {

    /** The member of a line that tells what others used. */
    static final String OTHER_CPU = "other_cpu";

    private static final double WIDE = 0.2;
    private static final double DISTURBED = 0.25;

    /**
     * Reads a line.
     *
     * @throws IllegalArgumentException if it lacks a member, or has one of another kind
     */
    static MeasuredPoint of(JsonObject line) {
        return new MeasuredPoint(
                member(line, "model").getAsString(),
                member(line, "quant").getAsString(),
                member(line, "metric").getAsString(),
                number(line, "value"),
                number(line, "min"),
                number(line, "max"),
                (int) number(line, "n"),
                line.has(OTHER_CPU)
                        ? OptionalDouble.of(number(line, OTHER_CPU))
                        : OptionalDouble.empty());
    }

    private static double number(JsonObject line, String name) {
        JsonElement member = member(line, name);
        if (!member.getAsJsonPrimitive().isNumber()) {
            throw new IllegalArgumentException(name + " is no number: " + member);
        }
        return member.getAsDouble();
    }

    private static JsonElement member(JsonObject line, String name) {
        JsonElement member = line.get(name);
        if (member == null || !member.isJsonPrimitive()) {
            throw new IllegalArgumentException(name + " is missing or no plain value");
        }
        return member;
    }

    /** Returns how far the runs lie apart, as a part of their median. */
    double spread() {
        return (max - min) / value;
    }

    /** Returns why it should not be trusted; nothing if it may. */
    String doubt() {
        String doubt = "";
        if (spread() > WIDE) {
            doubt = String.format(Locale.ROOT, "its runs lie %.0f %% apart", 100 * spread());
        }
        if (otherCpu.orElse(0) > DISTURBED) {
            doubt +=
                    (doubt.isEmpty() ? "" : ", ")
                            + String.format(
                                    Locale.ROOT,
                                    "others used %.2f processors",
                                    otherCpu.orElseThrow());
        }
        return doubt;
    }
}
