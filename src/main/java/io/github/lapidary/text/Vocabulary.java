package io.github.lapidary.text;

import java.util.SplittableRandom;

/**
 * The tokens by id, and their ids by spelling.
 *
 * <p>Spellings are looked up as ranges of a longer text, without making a string of each, in a hash
 * table with open addressing. Its function is drawn anew for each vocabulary, so that no file can
 * be written whose spellings all collide.
 */
final class Vocabulary {

    /** What {@link #find} returns for a spelling that is no token. */
    static final int NONE = -1;

    private final String[] pieces;
    private final long multiplier = new SplittableRandom().nextLong() | 1;
    private final int shift;
    private final int mask;
    private int longest;

    /** The upper half of a hash, then an id, plus one so that 0 is an empty place. */
    private final long[] table;

    /**
     * Takes the tokens as they are.
     *
     * @param pieces the spelling of each id, null where there is none; of two tokens spelled alike
     *     the first is found
     */
    Vocabulary(String[] pieces) {
        this.pieces = pieces;
        // A quarter of the places, at least, stays empty.
        int bits =
                32 - Integer.numberOfLeadingZeros(Math.max(8, pieces.length + pieces.length / 3));
        shift = Long.SIZE - bits;
        mask = (1 << bits) - 1;
        table = new long[1 << bits];
        for (int id = 0; id < pieces.length; id++) {
            if (pieces[id] != null) {
                insert(id);
                longest = Math.max(longest, pieces[id].length());
            }
        }
    }

    /** Returns the length of the longest spelling, 0 if there is none. */
    int longestPiece() {
        return longest;
    }

    private void insert(int id) {
        String piece = pieces[id];
        long hash = hash(piece, 0, piece.length());
        int place = (int) (hash >>> shift);
        while (table[place] != 0) {
            if (holds(table[place], hash, piece, 0, piece.length())) {
                return;
            }
            place = (place + 1) & mask;
        }
        table[place] = (hash & 0xFFFFFFFF00000000L) | (id + 1L);
    }

    /** Returns the id of the token spelled so, or {@link #NONE}. */
    int find(String piece) {
        return find(piece, 0, piece.length());
    }

    /** Returns the id of the token spelled like a part of a text, or {@link #NONE}. */
    int find(String text, int start, int end) {
        long hash = hash(text, start, end);
        int place = (int) (hash >>> shift);
        while (table[place] != 0) {
            if (holds(table[place], hash, text, start, end)) {
                return (int) table[place] - 1;
            }
            place = (place + 1) & mask;
        }
        return NONE;
    }

    private boolean holds(long entry, long hash, String text, int start, int end) {
        if ((entry ^ hash) >>> 32 != 0) {
            return false;
        }
        String piece = pieces[(int) entry - 1];
        return piece.length() == end - start && text.startsWith(piece, start);
    }

    private long hash(String text, int start, int end) {
        long hash = 0;
        for (int i = start; i < end; i++) {
            hash = (hash + text.charAt(i)) * multiplier;
        }
        return hash * multiplier;
    }

    /** Returns the number above the highest id. */
    int size() {
        return pieces.length;
    }

    /** Returns whether there is a token with this id. */
    boolean has(int id) {
        return id >= 0 && id < pieces.length && pieces[id] != null;
    }

    /**
     * Returns the spelling of a token.
     *
     * @throws IllegalArgumentException if there is no such token
     */
    String piece(int id) {
        if (id < 0 || id >= pieces.length) {
            throw new IllegalArgumentException(
                    "The token id " + id + " is not in the vocabulary of " + pieces.length + ".");
        }
        if (pieces[id] == null) {
            throw new IllegalArgumentException(
                    "The token id "
                            + id
                            + " is unused in the vocabulary of "
                            + pieces.length
                            + ".");
        }
        return pieces[id];
    }
}
