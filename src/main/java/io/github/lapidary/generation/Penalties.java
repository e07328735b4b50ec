package io.github.lapidary.generation;

import java.util.Arrays;
import java.util.Map;

/**
 * Changes logits by what the text holds already, and by the caller's bias.
 *
 * <p>In this order: the repetition penalty as Hugging Face applies it, once to each token of prompt
 * or generated text; the presence and frequency penalties as OpenAI defines them, on generated
 * tokens only; the bias. One object serves one generation: it counts the tokens.
 */
final class Penalties {

    private static final int UNSEEN = -1;

    private final double repetition;
    private final double presence;
    private final double frequency;
    private final Map<Integer, Float> bias;
    private final boolean counting;
    private final float[] changed;
    // How often each token was generated, UNSEEN if the prompt does not hold it either.
    private final int[] generated;
    private int[] seen = new int[64];
    private int seenCount;

    /**
     * Starts with the prompt.
     *
     * @throws IllegalArgumentException if the prompt or the bias names a token outside the
     *     vocabulary
     */
    Penalties(GenerationOptions options, int[] prompt, int vocabularySize) {
        repetition = options.repetitionPenalty();
        presence = options.presencePenalty();
        frequency = options.frequencyPenalty();
        bias = options.logitBias();
        counting = repetition != 1 || presence != 0 || frequency != 0;
        changed = new float[counting || !bias.isEmpty() ? vocabularySize : 0];
        generated = new int[counting ? vocabularySize : 0];
        Arrays.fill(generated, UNSEEN);
        for (int id : bias.keySet()) {
            checkId(id, "The option logitBias", vocabularySize);
        }
        for (int id : prompt) {
            checkId(id, "The prompt", vocabularySize);
            see(id, 0);
        }
    }

    /** Returns whether logits are changed at all. */
    boolean change() {
        return changed.length > 0;
    }

    /** Takes note of a generated token. */
    void count(int id) {
        see(id, 1);
    }

    /** Returns the changed logits, valid until the next call; the given ones stay as they are. */
    float[] apply(float[] logits) {
        if (!change()) {
            return logits;
        }
        System.arraycopy(logits, 0, changed, 0, changed.length);
        for (int i = 0; i < seenCount; i++) {
            int id = seen[i];
            changed[id] = finite(penalized(logits[id], generated[id]));
        }
        bias.forEach((id, value) -> changed[id] = biased(changed[id], value));
        return changed;
    }

    private static float biased(float logit, float value) {
        return value == Float.NEGATIVE_INFINITY ? value : finite((double) logit + value);
    }

    /** Returns the nearest float, a number if this is one: huge penalties make no infinity. */
    private static float finite(double logit) {
        return (float) Math.max(-Float.MAX_VALUE, Math.min(Float.MAX_VALUE, logit));
    }

    private double penalized(double logit, int times) {
        double result = logit < 0 ? logit * repetition : logit / repetition;
        return times == 0 ? result : result - presence - frequency * times;
    }

    private void see(int id, int times) {
        if (!counting) {
            return;
        }
        if (generated[id] == UNSEEN) {
            if (seenCount == seen.length) {
                seen = Arrays.copyOf(seen, 2 * seenCount);
            }
            seen[seenCount] = id;
            seenCount++;
            generated[id] = 0;
        }
        generated[id] += times;
    }

    private static void checkId(int id, String where, int vocabularySize) {
        if (id < 0 || id >= vocabularySize) {
            throw new IllegalArgumentException(
                    where
                            + " names token "
                            + id
                            + "; the vocabulary has "
                            + vocabularySize
                            + " tokens.");
        }
    }
}
