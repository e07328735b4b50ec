package io.github.lapidary.inspection;

/** What is kept of the weights of one norm: how they lie about zero. */
final class NormStatistics {

    private long count;
    private double sum;
    private double squares;
    private long belowMinusOne;
    private long negative;
    private long belowHalf;

    /** Takes in the first values of an array; bounds lie a little aside, for rounding. */
    void add(float[] values, int length) {
        for (int i = 0; i < length; i++) {
            float value = values[i];
            sum += value;
            squares += (double) value * value;
            belowMinusOne += value < -1.02f ? 1 : 0;
            negative += value < -0.01f ? 1 : 0;
            belowHalf += value < 0.5f ? 1 : 0;
        }
        count += length;
    }

    /** Returns how many weights there were. */
    long count() {
        return count;
    }

    /** Returns their mean; NaN if one was not finite. */
    double mean() {
        return sum / count;
    }

    /** Returns their standard deviation; NaN if one was not finite. */
    double deviation() {
        return Math.sqrt(Math.max(0, squares / count - mean() * mean()));
    }

    /** Returns how many were below -1. */
    long belowMinusOne() {
        return belowMinusOne;
    }

    /** Returns how many were below 0. */
    long negative() {
        return negative;
    }

    /** Returns how many were below a half. */
    long belowHalf() {
        return belowHalf;
    }
}
