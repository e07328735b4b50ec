package io.github.lapidary.text;

import java.util.Arrays;
import java.util.BitSet;

/**
 * Which tokens may be made by merging two others, and in which order.
 *
 * <p>The token with the better score is made first; of the ways to make the same token, the one
 * with the longer left part. Hugging Face's converter lists the merges in this order.
 */
final class MergeRules {

    /** No rank: the two do not merge. */
    static final int NEVER = -1;

    /** What {@link #MergeRules} sorts by holds the length in this many bits, and the id in 22. */
    private static final int LENGTH_BITS = 10;

    private static final int ID_BITS = 22;

    /** The longest piece that can be sorted. */
    static final int LONGEST_PIECE = (1 << LENGTH_BITS) - 1;

    /** The greatest number of tokens that can be sorted. */
    static final int MOST_TOKENS = 1 << ID_BITS;

    private final Vocabulary vocabulary;

    /** The rank of each token's first way to be made, or {@link #NEVER}. */
    private final int[] firstRanks;

    private final BitSet charactersBeforeSpace = new BitSet();
    private int longest;

    /**
     * Sorts the tokens.
     *
     * @param vocabulary all tokens
     * @param mergeable the ids of those that may be made
     * @param scores their scores, by id
     */
    MergeRules(Vocabulary vocabulary, BitSet mergeable, float[] scores) {
        this.vocabulary = vocabulary;
        firstRanks = new int[vocabulary.size()];
        Arrays.fill(firstRanks, NEVER);
        long[] order = new long[mergeable.cardinality()];
        int count = 0;
        for (int id = mergeable.nextSetBit(0); id >= 0; id = mergeable.nextSetBit(id + 1)) {
            String piece = vocabulary.piece(id);
            longest = Math.max(longest, piece.length());
            noteCharactersBeforeSpace(piece);
            order[count++] = sortingKey(scores[id], piece.length(), id);
        }
        Arrays.sort(order);
        int rank = 0;
        for (long key : order) {
            int id = (int) key & (MOST_TOKENS - 1);
            firstRanks[id] = rank;
            rank = Math.addExact(rank, Math.max(1, vocabulary.piece(id).length() - 1));
        }
    }

    /** Returns a number that is smaller for a better score, then for a longer piece. */
    private static long sortingKey(float score, int length, int id) {
        int bits = Float.floatToIntBits(score + 0f); // Makes -0 equal to 0.
        int ascending = bits ^ ((bits >> 31) & Integer.MAX_VALUE);
        return ((long) ~ascending << 32) | ((long) (LONGEST_PIECE - length) << ID_BITS) | id;
    }

    private void noteCharactersBeforeSpace(String piece) {
        for (int i = piece.indexOf('▁', 1); i > 0; i = piece.indexOf('▁', i + 1)) {
            charactersBeforeSpace.set(piece.charAt(i - 1));
        }
    }

    /** Returns whether no token reaches from one side of a place in a text to the other. */
    boolean isBoundary(String text, int place) {
        return text.charAt(place) == '▁' && !charactersBeforeSpace.get(text.charAt(place - 1));
    }

    /** Returns the id of a part of a text if it is a token that may be merged, else NONE. */
    int find(String text, int start, int end) {
        if (end - start > longest) {
            return Vocabulary.NONE;
        }
        int id = vocabulary.find(text, start, end);
        return id == Vocabulary.NONE || firstRanks[id] == NEVER ? Vocabulary.NONE : id;
    }

    /** Returns how early a token is made of parts of which the left one has this length. */
    int rank(int id, int leftLength) {
        return firstRanks[id] + vocabulary.piece(id).length() - 1 - leftLength;
    }
}
