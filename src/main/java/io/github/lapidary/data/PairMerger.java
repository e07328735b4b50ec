package io.github.lapidary.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * Learns merges: again and again the most frequent pair of neighbours becomes one piece.
 *
 * <p>After a merge only the words that have the pair are counted anew. Of pairs that are equally
 * frequent the one with the earlier pieces is first, so that the same words give the same merges.
 *
 * <p>The method is byte-pair encoding as in <a href="https://arxiv.org/abs/1508.07909">Neural
 * Machine Translation of Rare Words with Subword Units</a>.
 */
final class PairMerger {

    private static final Comparator<Candidate> ORDER =
            Comparator.comparingLong((Candidate candidate) -> -candidate.count())
                    .thenComparingLong(Candidate::key);

    /**
     * Two pieces that become one.
     *
     * @param left the first
     * @param right the second
     */
    record Merge(String left, String right) {

        String piece() {
            return left + right;
        }
    }

    /** A pair of neighbours: how often it is there, and in which words it may be. */
    private static final class Pair {
        private long count;
        private int[] words = new int[4];
        private int size;

        void addWord(int word) {
            if (size > 0 && words[size - 1] == word) {
                return;
            }
            if (size == words.length) {
                words = Arrays.copyOf(words, 2 * size);
            }
            words[size++] = word;
        }
    }

    private record Candidate(long key, long count) {}

    private final List<String> pieces = new ArrayList<>();
    private final Map<String, Integer> symbols = new HashMap<>();
    private final int[][] words;
    private final int[] lengths;
    private final long[] counts;
    private final Map<Long, Pair> pairs = new HashMap<>();
    private final PriorityQueue<Candidate> queue = new PriorityQueue<>(ORDER);
    private final List<Merge> merges = new ArrayList<>();

    PairMerger(List<Integer> alphabet, List<WordCounts.Word> source) {
        alphabet.forEach(character -> symbol(Character.toString(character)));
        words = new int[source.size()][];
        lengths = new int[words.length];
        counts = new long[words.length];
        for (int word = 0; word < words.length; word++) {
            words[word] =
                    source.get(word)
                            .text()
                            .codePoints()
                            .map(character -> symbols.get(Character.toString(character)))
                            .toArray();
            lengths[word] = words[word].length;
            counts[word] = source.get(word).count();
            for (int i = 0; i + 1 < lengths[word]; i++) {
                addPair(key(words[word][i], words[word][i + 1]), word);
            }
        }
        pairs.forEach((key, pair) -> queue.add(new Candidate(key, pair.count)));
    }

    private int symbol(String piece) {
        Integer known = symbols.putIfAbsent(piece, pieces.size());
        if (known != null) {
            return known;
        }
        pieces.add(piece);
        return pieces.size() - 1;
    }

    private static long key(int left, int right) {
        return (long) left << Integer.SIZE | right;
    }

    private void addPair(long key, int word) {
        Pair pair = pairs.computeIfAbsent(key, unused -> new Pair());
        pair.count += counts[word];
        pair.addWord(word);
    }

    /**
     * Makes the next piece that is new; a pair that is there once only is not merged.
     *
     * @return whether there was a pair
     */
    boolean mergeNext() {
        int known = pieces.size();
        while (pieces.size() == known) {
            Candidate best = queue.poll();
            if (best == null || best.count() < 2) {
                return false;
            }
            Pair pair = pairs.get(best.key());
            if (pair == null) {
                continue; // it was there twice, as a piece can be made in two ways
            }
            if (pair.count != best.count()) { // it has become rarer since
                queue.add(new Candidate(best.key(), pair.count));
                continue;
            }
            merge(best.key(), pair);
        }
        return true;
    }

    private void merge(long key, Pair pair) {
        int left = (int) (key >>> Integer.SIZE);
        int right = (int) key;
        Merge merge = new Merge(pieces.get(left), pieces.get(right));
        merges.add(merge);
        int symbol = symbol(merge.piece());
        Set<Long> changed = new LinkedHashSet<>();
        for (int i = 0; i < pair.size; i++) {
            mergeWord(pair.words[i], left, right, symbol, changed);
        }
        pairs.remove(key);
        changed.remove(key);
        changed.forEach(next -> queue.add(new Candidate(next, pairs.get(next).count)));
    }

    private void mergeWord(int word, int left, int right, int symbol, Set<Long> changed) {
        int[] parts = words[word];
        int length = lengths[word];
        if (!hasPair(parts, length, left, right)) {
            return; // an earlier merge has taken it
        }
        for (int i = 0; i + 1 < length; i++) {
            pairs.get(key(parts[i], parts[i + 1])).count -= counts[word];
        }
        int size = 0;
        for (int i = 0; i < length; i++) {
            boolean pair = i + 1 < length && parts[i] == left && parts[i + 1] == right;
            parts[size++] = pair ? symbol : parts[i];
            i += pair ? 1 : 0;
        }
        lengths[word] = size;
        for (int i = 0; i + 1 < size; i++) {
            long key = key(parts[i], parts[i + 1]);
            if (parts[i] == symbol || parts[i + 1] == symbol) {
                addPair(key, word);
                changed.add(key);
            } else {
                pairs.get(key).count += counts[word];
            }
        }
    }

    private static boolean hasPair(int[] parts, int length, int left, int right) {
        for (int i = 0; i + 1 < length; i++) {
            if (parts[i] == left && parts[i + 1] == right) {
                return true;
            }
        }
        return false;
    }

    /** Returns all merges so far, in order. */
    List<Merge> merges() {
        return merges;
    }

    /** Returns the characters, then what the merges made, in order. */
    List<String> pieces() {
        return pieces;
    }
}
