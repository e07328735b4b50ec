package io.github.lapidary.text;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;

/** The tokens that are recognised in a text as it stands, before anything is merged. */
final class AddedTokens {

    private final String[] pieces;
    private final int[] ids;
    private final BitSet firstCharacters = new BitSet();

    /** Takes the tokens of a vocabulary that have these ids. */
    AddedTokens(Vocabulary vocabulary, BitSet ids) {
        this.ids =
                ids.stream()
                        .filter(id -> !vocabulary.piece(id).isEmpty())
                        .boxed()
                        .sorted(Comparator.comparing(vocabulary::piece))
                        .mapToInt(Integer::intValue)
                        .toArray();
        pieces = Arrays.stream(this.ids).mapToObj(vocabulary::piece).toArray(String[]::new);
        for (String piece : pieces) {
            firstCharacters.set(piece.charAt(0));
        }
    }

    /** Returns the longest token that the text has at this place, or {@link Vocabulary#NONE}. */
    int longestAt(String text, int start) {
        if (!firstCharacters.get(text.charAt(start))) {
            return Vocabulary.NONE;
        }
        int longest = Vocabulary.NONE;
        int from = 0;
        int to = pieces.length;
        // Of pieces with a common beginning the shortest is sorted first.
        for (int depth = 0; from < to; depth++) {
            int spelledSo = from;
            while (spelledSo < to && pieces[spelledSo].length() == depth) {
                spelledSo++;
            }
            if (spelledSo > from) {
                longest = ids[from]; // of several, the one with the lowest id
                from = spelledSo;
            }
            if (start + depth == text.length()) {
                break;
            }
            char next = text.charAt(start + depth);
            from = firstNotBelow(next, depth, from, to);
            to = firstNotBelow(next + 1, depth, from, to);
        }
        return longest;
    }

    /** Returns the first piece of a range whose character at the depth is not below another. */
    private int firstNotBelow(int character, int depth, int from, int to) {
        int low = from;
        int high = to;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (pieces[middle].charAt(depth) < character) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
