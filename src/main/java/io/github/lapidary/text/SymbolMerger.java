package io.github.lapidary.text;

/**
 * Merges the symbols of one text, part by part.
 *
 * <p>A part begins as a chain of code points. A queue holds the neighbours that may merge, best
 * rank first, then leftmost; what has been overtaken by another merge is recognised by its rank. A
 * part of n code points takes O(n log n).
 */
final class SymbolMerger {

    private static final int[] EMPTY = new int[0];

    private final MergeRules rules;
    private final ByteTokens bytes;
    private final String text;
    private final RankQueue queue = new RankQueue();

    /** Of the symbols, which are numbered from 0; the one after the last marks the end. */
    private int count;

    private int[] starts = EMPTY;
    private int[] ids = EMPTY;
    private int[] next = EMPTY;
    private int[] previous = EMPTY;

    /** The rank at which a symbol merges with the next one, and the id that it then gets. */
    private int[] ranks = EMPTY;

    private int[] mergedIds = EMPTY;

    SymbolMerger(MergeRules rules, ByteTokens bytes, String text) {
        this.rules = rules;
        this.bytes = bytes;
        this.text = text;
    }

    /** Adds the ids of a part of the text. */
    void merge(int start, int end, IdList result) {
        split(start, end);
        for (int i = 0; i < count; i++) {
            offer(i);
        }
        while (!queue.isEmpty()) {
            long best = queue.poll();
            int left = (int) best;
            if (ranks[left] == (int) (best >>> 32)) {
                merge(left);
            }
        }
        for (int i = 0; i < count; i = next[i]) {
            if (ids[i] == Vocabulary.NONE) {
                bytes.add(text.codePointAt(starts[i]), result);
            } else {
                result.add(ids[i]);
            }
        }
    }

    private void split(int start, int end) {
        reserve(end - start + 1);
        count = 0;
        for (int i = start; i < end; ) {
            int following = i + (Character.isHighSurrogate(text.charAt(i)) ? 2 : 1);
            starts[count] = i;
            ids[count] = rules.find(text, i, following);
            previous[count] = count - 1;
            next[count] = count + 1;
            count++;
            i = following;
        }
        starts[count] = end;
    }

    private void reserve(int length) {
        if (length > starts.length) {
            int size = Math.max(length, Math.max(32, starts.length + starts.length / 2));
            starts = new int[size];
            ids = new int[size];
            next = new int[size];
            previous = new int[size];
            ranks = new int[size];
            mergedIds = new int[size];
        }
    }

    /** Notes at which rank a symbol merges with the next one, if it does. */
    private void offer(int left) {
        ranks[left] = MergeRules.NEVER;
        int right = next[left];
        if (right == count || ids[left] == Vocabulary.NONE || ids[right] == Vocabulary.NONE) {
            return;
        }
        int id = rules.find(text, starts[left], starts[next[right]]);
        if (id != Vocabulary.NONE) {
            mergedIds[left] = id;
            ranks[left] = rules.rank(id, starts[right] - starts[left]);
            queue.add(((long) ranks[left] << 32) | left);
        }
    }

    private void merge(int left) {
        int right = next[left];
        ids[left] = mergedIds[left];
        ranks[right] = MergeRules.NEVER;
        next[left] = next[right];
        if (next[left] < count) {
            previous[next[left]] = left;
        }
        offer(left);
        if (previous[left] >= 0) {
            offer(previous[left]);
        }
    }
}
