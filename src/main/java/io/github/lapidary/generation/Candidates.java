package io.github.lapidary.generation;

import java.util.Arrays;

/**
 * The tokens that may still be drawn, by rising id, each with its weight.
 *
 * <p>A weight is {@code exp((logit − peak) / temperature)}: the probability but for a common
 * factor, 1 for the likeliest token. The arrays grow to the most candidates a token had and are
 * used again for the next one.
 */
final class Candidates {

    // Bins by the leading bits of a weight: 16 bins for each halving, down to 2^-64.
    private static final int BIN_SHIFT = 52 - 4;
    private static final int BINS = 64 * 16;
    private static final long ONE = Double.doubleToRawLongBits(1.0);

    private final double[] binTotals = new double[BINS];
    private int[] ids = new int[64];
    private double[] weights = new double[64];
    private double[] cutBin = new double[64];
    private int count;
    private double total;

    int count() {
        return count;
    }

    int id(int index) {
        return ids[index];
    }

    /** Returns the probability of a candidate among the candidates. */
    double probability(int index) {
        return weights[index] / total;
    }

    /** Returns the weight of a token. */
    static double weight(float logit, float peak, double temperature) {
        return Math.exp(((double) logit - peak) / temperature);
    }

    /** Takes the tokens whose logits are finite and not below the lowest; returns their total. */
    double fill(float[] logits, float peak, double lowest, double temperature) {
        double least = Math.max(lowest, -Float.MAX_VALUE);
        count = 0;
        total = 0;
        for (int id = 0; id < logits.length; id++) {
            if (logits[id] >= least) {
                if (count == ids.length) {
                    ids = Arrays.copyOf(ids, 2 * count);
                    weights = Arrays.copyOf(weights, 2 * count);
                }
                double weight = weight(logits[id], peak, temperature);
                ids[count] = id;
                weights[count] = weight;
                total += weight;
                count++;
            }
        }
        return total;
    }

    /** Keeps the fewest of the heaviest that weigh so much together, at least one. */
    void keepHeaviest(double target) {
        Arrays.fill(binTotals, 0);
        for (int i = 0; i < count; i++) {
            binTotals[bin(weights[i])] += weights[i];
        }
        int bin = 0;
        double above = 0;
        while (bin < BINS - 1 && above + binTotals[bin] < target) {
            above += binTotals[bin];
            bin++;
        }
        int inBin = collect(bin);
        if (inBin == 0) {
            return; // by rounding all together stay below the target
        }
        Arrays.sort(cutBin, 0, inBin);
        int next = inBin;
        do {
            next--;
            above += cutBin[next];
        } while (next > 0 && above < target);
        double cut = cutBin[next];
        int equals = 0;
        while (next + equals < inBin && cutBin[next + equals] == cut) {
            equals++;
        }
        keepFrom(cut, equals);
    }

    /** Keeps what has at least this weight. */
    void keepFrom(double weight) {
        keepFrom(weight, count);
    }

    /**
     * Returns the first candidate at which the running total exceeds this part of the whole.
     *
     * @param uniform from 0 inclusive to 1 exclusive
     */
    int draw(double uniform) {
        double target = uniform * total;
        double sum = 0;
        int chosen = -1;
        for (int i = 0; i < count && sum <= target; i++) {
            if (weights[i] > 0) {
                sum += weights[i];
                chosen = ids[i];
            }
        }
        return chosen;
    }

    /** Keeps what is heavier than the cut, and of what equals it so many with the lowest ids. */
    private void keepFrom(double cut, int equals) {
        int left = equals;
        int kept = 0;
        total = 0;
        for (int i = 0; i < count; i++) {
            double weight = weights[i];
            if (weight > cut || (weight == cut && left-- > 0)) {
                ids[kept] = ids[i];
                weights[kept] = weight;
                total += weight;
                kept++;
            }
        }
        count = kept;
    }

    /** Copies the weights of one bin and returns how many they are. */
    private int collect(int bin) {
        int size = 0;
        for (int i = 0; i < count; i++) {
            if (bin(weights[i]) == bin) {
                if (size == cutBin.length) {
                    cutBin = Arrays.copyOf(cutBin, 2 * size);
                }
                cutBin[size] = weights[i];
                size++;
            }
        }
        return size;
    }

    private static int bin(double weight) {
        long bitsBelowOne = ONE - Double.doubleToRawLongBits(weight);
        return (int) Math.min(BINS - 1, bitsBelowOne >>> BIN_SHIFT);
    }
}
