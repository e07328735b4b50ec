package io.github.lapidary.inspection;

/** What is kept of the values of one tensor while they pass. */
final class TensorStatistics {

    private long count;
    private long notNumbers;
    private long infinite;
    private float smallest = Float.POSITIVE_INFINITY;
    private float largest = Float.NEGATIVE_INFINITY;

    /** Takes in the first values of an array. */
    void add(float[] values, int length) {
        float low = Float.POSITIVE_INFINITY;
        float high = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < length; i++) { // a NaN stays
            low = Math.min(low, values[i]);
            high = Math.max(high, values[i]);
        }
        if (!Float.isFinite(low) || !Float.isFinite(high)) {
            countBroken(values, length);
        }
        smallest = Math.min(smallest, low);
        largest = Math.max(largest, high);
        count += length;
    }

    private void countBroken(float[] values, int length) {
        for (int i = 0; i < length; i++) {
            if (Float.isNaN(values[i])) {
                notNumbers++;
            } else if (Float.isInfinite(values[i])) {
                infinite++;
            }
        }
    }

    /** Returns how many values there were. */
    long count() {
        return count;
    }

    /** Returns how many of the values were NaN. */
    long notNumbers() {
        return notNumbers;
    }

    /** Returns how many of the values were infinite. */
    long infinite() {
        return infinite;
    }

    /** Returns whether all values were numbers. */
    boolean isFinite() {
        return notNumbers + infinite == 0;
    }

    /** Returns whether several values were all the same. */
    boolean isConstant() {
        return isFinite() && count > 1 && smallest == largest;
    }

    /** Returns the smallest value. */
    float smallest() {
        return smallest;
    }
}
