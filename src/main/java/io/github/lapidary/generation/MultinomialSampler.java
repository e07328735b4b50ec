package io.github.lapidary.generation;

import java.util.random.RandomGenerator;

/**
 * Draws a token by its probability among those that the filters keep.
 *
 * <p>The filters work in the order of Hugging Face's warpers, each on the probabilities that the
 * one before it left: temperature, top-k, top-p, min-p. As there, all tokens that equal the k-th
 * are kept, and top-p keeps at least one. Where top-p cuts among equals it keeps the lower ids.
 *
 * <p>A vocabulary of 262,144 tokens is read a few times, but exponentials are taken of as few
 * tokens as an exact result allows.
 */
final class MultinomialSampler implements Sampler {

    // Without filters, tokens this far below the peak are proposed by a common upper bound.
    private static final double FAR = 16;
    private static final double FAR_WEIGHT = Math.exp(-FAR);

    private final double temperature;
    private final int topK;
    private final double topP;
    private final double minP;
    private final Candidates candidates = new Candidates();
    private float[] heap = {};

    /** Takes options that were checked; topK 0, topP 1 and minP 0 keep all tokens. */
    MultinomialSampler(double temperature, int topK, double topP, double minP) {
        this.temperature = temperature;
        this.topK = topK;
        this.topP = topP;
        this.minP = minP;
    }

    @Override
    public int sample(float[] logits, RandomGenerator random) {
        boolean filtering = topK > 0 || topP < 1 || minP > 0;
        return filtering ? filter(logits).draw(random.nextDouble()) : drawFromAll(logits, random);
    }

    /** Returns the tokens that may be drawn; they are valid until the next call. */
    Candidates filter(float[] logits) {
        float peak = Peak.of(logits).logit();
        double total = 0;
        if (topK > 0 && topK < logits.length) {
            total = candidates.fill(logits, peak, greatest(logits, topK), temperature);
        } else if (topP < 1) {
            total = totalWeight(logits, peak);
            // All tokens lighter than this weigh together less than what top-p drops.
            double least = (1 - topP) * total / logits.length;
            candidates.fill(logits, peak, justBelow(least, peak), temperature);
        } else {
            candidates.fill(logits, peak, justBelow(minP, peak), temperature);
        }
        if (topP < 1) {
            candidates.keepHeaviest(topP * total);
        }
        if (minP > 0) {
            candidates.keepFrom(minP);
        }
        return candidates;
    }

    /**
     * Draws from all tokens by rejection, which is exact.
     *
     * <p>A token near the peak is proposed by its weight and accepted. A far one is proposed by a
     * weight that is too high, and accepted by the share of it that is right. The far weights of
     * 262,144 tokens are together 3 % of the peak's, so hardly any proposal is rejected.
     */
    private int drawFromAll(float[] logits, RandomGenerator random) {
        float peak = Peak.of(logits).logit();
        double lowest = peak - FAR * temperature;
        double near = candidates.fill(logits, peak, lowest, temperature);
        double all = near + logits.length * FAR_WEIGHT;
        while (true) {
            double point = random.nextDouble() * all;
            if (point < near) {
                return candidates.draw(point / near);
            }
            int id = Math.min((int) ((point - near) / FAR_WEIGHT), logits.length - 1);
            double weight = Candidates.weight(logits[id], peak, temperature);
            if (logits[id] < lowest && random.nextDouble() * FAR_WEIGHT < weight) {
                return id;
            }
        }
    }

    private double totalWeight(float[] logits, float peak) {
        double total = 0;
        for (float logit : logits) {
            total += Candidates.weight(logit, peak, temperature);
        }
        return total;
    }

    /** Returns a logit that is not above any of at least this weight. */
    private double justBelow(double weight, float peak) {
        return peak + temperature * (Math.log(weight) - 1e-6);
    }

    /** Returns the k-th greatest logit: the root of a heap that holds the k greatest. */
    private float greatest(float[] logits, int k) {
        if (heap.length != k) {
            heap = new float[k];
        }
        System.arraycopy(logits, 0, heap, 0, k);
        for (int i = k / 2 - 1; i >= 0; i--) {
            sink(heap, i);
        }
        for (int i = k; i < logits.length; i++) {
            if (logits[i] > heap[0]) {
                heap[0] = logits[i];
                sink(heap, 0);
            }
        }
        return heap[0];
    }

    private static void sink(float[] heap, int from) {
        float value = heap[from];
        int parent = from;
        for (int child = 2 * parent + 1; child < heap.length; child = 2 * parent + 1) {
            if (child + 1 < heap.length && heap[child + 1] < heap[child]) {
                child++;
            }
            if (heap[child] >= value) {
                break;
            }
            heap[parent] = heap[child];
            parent = child;
        }
        heap[parent] = value;
    }
}
