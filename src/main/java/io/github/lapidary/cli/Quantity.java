package io.github.lapidary.cli;

import java.util.Locale;

/** A large number of something as people read it. */
final class Quantity {

    private static final String PREFIXES = "kMGTPE";

    private Quantity() {}

    /** Returns three digits and a unit, with the prefix of a power of 1,000. */
    static String text(long count, String unit) {
        if (count < 1000) {
            return count + " " + unit;
        }
        double value = count / 1000.0;
        int power = 0;
        while (value >= 999.5) {
            value /= 1000;
            power++;
        }
        String form = value < 9.995 ? "%.2f %s%s" : value < 99.95 ? "%.1f %s%s" : "%.0f %s%s";
        return String.format(Locale.ROOT, form, value, PREFIXES.charAt(power), unit);
    }
}
