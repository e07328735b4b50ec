package io.github.lapidary.cli;

import java.util.Locale;

/**
 * A colour for each of many experts, in the notation of CSS.
 *
 * <p>Up to twelve differ in hue alone, more also in one of three lightnesses. Neighbours in number
 * are far apart in hue. Lightness and chroma are variables, other ones on a dark ground.
 */
record ExpertColors(int numExperts) {

    private static final int HUES = 12;
    private static final int LIGHTNESSES = 3;
    private static final double FIRST_HUE = 25;

    String color(int expert) {
        int rounds = Math.min(LIGHTNESSES, (numExperts + HUES - 1) / HUES);
        int hues = (numExperts + rounds - 1) / rounds;
        int round = expert / hues;
        double place = (long) (expert % hues) * stride(hues) % hues + (double) round / rounds;
        double hue = (FIRST_HUE + place * 360 / hues) % 360;
        return String.format(Locale.ROOT, "oklch(var(--l%1$d) var(--c%1$d) %2$.1f)", round, hue);
    }

    /** Returns a step of about the golden section of the circle that meets every hue. */
    private static int stride(int hues) {
        int stride = Math.max(1, (int) Math.round(hues * 0.382));
        while (greatestCommonDivisor(stride, hues) > 1) {
            stride++;
        }
        return stride;
    }

    private static int greatestCommonDivisor(int a, int b) {
        return b == 0 ? a : greatestCommonDivisor(b, a % b);
    }
}
