package io.github.lapidary.cli;

import com.google.gson.JsonObject;
import java.util.Arrays;

/**
 * What was measured of one metric.
 *
 * @param metric its name
 * @param unit what the values count
 * @param values one for each repetition, at least one
 */
@SuppressWarnings("ArrayRecordComponent") // made once, never compared
record Measurement(String metric, String unit, double... values) {

    /** The unit of tokens a second. */
    static final String SPEED = "tok/s";

    private static final double DIGITS = 1e4;

    /** Returns the value in the middle, or the mean of the two that are. */
    double median() {
        return median(values);
    }

    /** Returns the number in the middle, or the mean of the two that are. */
    static double median(double... numbers) {
        double[] sorted = numbers.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** Returns the line for it. */
    JsonObject json(String model, String quant) {
        JsonObject line = new JsonObject();
        line.addProperty("peer", "lapidary");
        line.addProperty("model", model);
        line.addProperty("quant", quant);
        line.addProperty("metric", metric);
        line.addProperty("value", rounded(median()));
        line.addProperty("unit", unit);
        line.addProperty("n", values.length);
        line.addProperty("min", rounded(Arrays.stream(values).min().orElseThrow()));
        line.addProperty("max", rounded(Arrays.stream(values).max().orElseThrow()));
        return line;
    }

    private static double rounded(double value) {
        return Math.round(value * DIGITS) / DIGITS;
    }
}
