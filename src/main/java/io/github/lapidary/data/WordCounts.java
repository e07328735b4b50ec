package io.github.lapidary.data;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** How often each word, and each character, is in the texts that a tokenizer is trained on. */
final class WordCounts {

    /** A longer word is counted in parts: merges in it would take the square of its length. */
    private static final int MOST_CHARACTERS = 256;

    /** The part of all characters that get a token of their own; the others become bytes. */
    private static final double COVERAGE = 0.9999;

    /**
     * A word.
     *
     * @param text its characters, two at least
     * @param count how often it is there
     */
    record Word(String text, long count) {}

    private final WordBorders borders;
    private final Map<String, Count> words = new HashMap<>();
    private final Map<Integer, Count> characters = new HashMap<>();
    private long total;

    private static final class Count {
        private long value;
    }

    WordCounts(WordBorders borders) {
        this.borders = borders;
    }

    /** Counts the words of a text. */
    void add(String text) {
        String symbols = text.replace(' ', (char) WordBorders.SPACE);
        int start = 0;
        int length = 0;
        int before = -1;
        for (int place = 0; place < symbols.length(); place += Character.charCount(before)) {
            int next = symbols.codePointAt(place);
            if (before >= 0 && (length == MOST_CHARACTERS || borders.between(before, next))) {
                count(symbols.substring(start, place));
                start = place;
                length = 0;
            }
            count(next);
            length++;
            before = next;
        }
        if (start < symbols.length()) {
            count(symbols.substring(start));
        }
    }

    private void count(String word) {
        words.computeIfAbsent(word, key -> new Count()).value++;
    }

    private void count(int character) {
        characters.computeIfAbsent(character, key -> new Count()).value++;
        total++;
    }

    /**
     * Returns the characters that get a token of their own, the most frequent first; a space is
     * among them.
     *
     * @param most how many there may be, at least 1
     */
    List<Integer> alphabet(int most) {
        List<Integer> sorted =
                characters.entrySet().stream()
                        .filter(entry -> Character.getType(entry.getKey()) != Character.SURROGATE)
                        .sorted(
                                Comparator.comparingLong(
                                                (Map.Entry<Integer, Count> entry) ->
                                                        -entry.getValue().value)
                                        .thenComparing(Map.Entry::getKey))
                        .map(Map.Entry::getKey)
                        .toList();
        List<Integer> alphabet = new ArrayList<>(List.of(WordBorders.SPACE));
        long covered = characters.getOrDefault(WordBorders.SPACE, new Count()).value;
        for (int character : sorted) {
            if (alphabet.size() == most || covered >= COVERAGE * total) {
                break;
            }
            if (character != WordBorders.SPACE) {
                alphabet.add(character);
                covered += characters.get(character).value;
            }
        }
        return alphabet;
    }

    /** Returns the words in a fixed order, split at characters that are not in the alphabet. */
    List<Word> words(List<Integer> alphabet) {
        Set<Integer> known = new HashSet<>(alphabet);
        Map<String, Count> parts = new HashMap<>();
        words.forEach((word, count) -> addParts(word, count, known, parts));
        return parts.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(entry -> new Word(entry.getKey(), entry.getValue().value))
                .toList();
    }

    private static void addParts(
            String word, Count count, Set<Integer> known, Map<String, Count> parts) {
        int start = 0;
        int place = 0;
        while (place < word.length()) {
            int character = word.codePointAt(place);
            if (!known.contains(character)) {
                addPart(word.substring(start, place), count, parts);
                start = place + Character.charCount(character);
            }
            place += Character.charCount(character);
        }
        addPart(word.substring(start), count, parts);
    }

    private static void addPart(String part, Count count, Map<String, Count> parts) {
        if (part.codePointCount(0, part.length()) > 1) {
            parts.computeIfAbsent(part, key -> new Count()).value += count.value;
        }
    }
}
