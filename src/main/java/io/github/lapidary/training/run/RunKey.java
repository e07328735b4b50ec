package io.github.lapidary.training.run;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The keys of a run's configuration. */
enum RunKey {
    OUT("out", null),
    MODEL_CONFIG("model.config", null),
    MODEL_FROM("model.from", null),
    TOKENIZER("tokenizer", null),
    SOURCES("data.sources", null),
    SEQUENCE_LENGTH("data.sequence_length", "512"),
    BATCH_SIZE("batch_size", "8"),
    ACCUMULATION("accumulation", "1"),
    VALIDATION_TOKENS("validation.tokens", null),
    VALIDATION_EVERY("validation.every", "250"),
    STEPS("steps", "1000"),
    PEAK("learning_rate.peak", "0.001"),
    WARMUP("learning_rate.warmup", "100"),
    LAST("learning_rate.final", null),
    SCHEDULE("learning_rate.schedule", "cosine"),
    WEIGHT_DECAY("weight_decay", "0.1"),
    BETAS("betas", "[0.9, 0.95]"),
    CLIP_NORM("clip_norm", "1"),
    FORMAT("format", "float32"),
    RECOMPUTE("recompute", "false"),
    CAPACITY_FACTOR("experts.capacity_factor", null),
    COMPETE("experts.compete", "row"),
    SEED("seed", "0"),
    CHECKPOINT_EVERY("checkpoint.every", "250"),
    CHECKPOINT_KEEP("checkpoint.keep", "2"),
    PATIENCE("early_stop.patience", "0");

    private static final int NEAREST = 3;

    private final String key;
    private final String standard;

    RunKey(String key, String standard) {
        this.key = key;
        this.standard = standard;
    }

    /** Returns what stands for the key where a file leaves it out; empty if nothing fixed does. */
    Optional<String> standard() {
        return Optional.ofNullable(standard);
    }

    /** Returns the key, parts joined by dots. */
    @Override
    public String toString() {
        return key;
    }

    static boolean isKnown(String name) {
        return Arrays.stream(values()).anyMatch(each -> each.key.equals(name));
    }

    /** Returns the keys that take the fewest changes of characters to get to from a name. */
    static List<RunKey> nearest(String name) {
        return Arrays.stream(values())
                .sorted(Comparator.comparingInt(each -> changes(each.key, name)))
                .limit(NEAREST)
                .toList();
    }

    private static int changes(String from, String to) {
        int[] row = new int[to.length() + 1];
        Arrays.setAll(row, i -> i);
        for (int i = 1; i <= from.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int swapped = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(swapped, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[to.length()];
    }
}
