package io.github.lapidary.config;

/** The checks of the config records; each failure says what, expected and found. */
final class ConfigCheck {

    // Both far above any release. They keep every width, head count times head size included,
    // within an int, and every product of sizes within a long.
    private static final int MAX_SIZE = 1 << 24;
    private static final int MAX_LAYERS = 1024;

    private ConfigCheck() {}

    static void that(boolean holds, String name, String expected, Object found) {
        if (!holds) {
            throw new IllegalArgumentException(
                    name + ": expected " + expected + ", found " + found + ".");
        }
    }

    static void size(String name, long value) {
        that(value >= 1 && value <= MAX_SIZE, name, "1 to " + MAX_SIZE, value);
    }

    static void layerCount(String name, long value) {
        that(value >= 1 && value <= MAX_LAYERS, name, "1 to " + MAX_LAYERS, value);
    }

    static void positive(String name, double value) {
        that(value > 0 && Double.isFinite(value), name, "a finite number greater than 0", value);
    }

    static void finite(String name, double value) {
        that(Double.isFinite(value), name, "a finite number", value);
    }

    static void notBelowZero(String name, double value) {
        that(value >= 0 && Double.isFinite(value), name, "a finite number, 0 or more", value);
    }

    static void heads(int heads, int keyValueHeads, int headDim) {
        size("numAttentionHeads", heads);
        size("numKeyValueHeads", keyValueHeads);
        size("headDim", headDim);
        size("numAttentionHeads * headDim", (long) heads * headDim);
        that(
                heads % keyValueHeads == 0,
                "numAttentionHeads",
                "a multiple of numKeyValueHeads, which is " + keyValueHeads,
                heads);
    }

    static void tokens(SpecialTokens tokens, int vocabSize) {
        that(
                tokens.bosTokenId() < vocabSize
                        && tokens.padTokenId() < vocabSize
                        && tokens.eosTokenIds().stream().allMatch(id -> id < vocabSize),
                "specialTokens",
                "ids below vocabSize, which is " + vocabSize,
                tokens);
    }

    static void notNegative(String name, int id) {
        that(id >= 0, name, "no negative id", id);
    }
}
