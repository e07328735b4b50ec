package io.github.lapidary.training;

import ai.djl.ndarray.NDList;
import io.github.lapidary.model.TokenLoss;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Losses summed up under DJL's keys; each token weighs the same, whichever batch it is in. */
final class TokenMeans {

    private static final TokenLoss NONE = new TokenLoss(0, 0);

    private final Map<String, TokenLoss> sums = new ConcurrentHashMap<>();

    void reset(String key) {
        sums.put(key, NONE);
    }

    /** Adds what the model gave for a batch: the mean and the number of tokens. */
    void add(String[] keys, NDList predictions) {
        TokenLoss loss = read(predictions);
        for (String key : keys) {
            sums.merge(key, loss, TokenLoss::plus);
        }
    }

    static void check(NDList predictions) {
        if (predictions.size() != 2 || predictions.get(1).getShape().dimension() != 0) {
            throw new IllegalArgumentException(
                    "The model gave no loss: train it with labels, and give those of validation as"
                            + " a third input, after the mask.");
        }
    }

    private static TokenLoss read(NDList predictions) {
        check(predictions);
        long tokens = predictions.get(1).getLong();
        return tokens == 0 // and no mean
                ? NONE
                : new TokenLoss((double) predictions.head().getFloat() * tokens, tokens);
    }

    TokenLoss get(String key) {
        TokenLoss sum = sums.get(key);
        if (sum == null) {
            throw new IllegalArgumentException("There is no accumulator " + key + ".");
        }
        return sum;
    }
}
