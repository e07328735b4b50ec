package io.github.lapidary.generation;

import java.util.List;

/**
 * Finds stop strings in a text that arrives in pieces, and holds back what may be part of one.
 *
 * <p>The text ends at the first character that completes a stop string; if several end there, the
 * longest counts. So the result does not depend on how the text was cut into pieces. Each character
 * costs one step of the Knuth–Morris–Pratt automaton of each stop string, whose state is also the
 * number of characters to hold back.
 */
final class StopStringMatcher {

    private final List<Automaton> automata;
    private final boolean includeString;
    private final StringBuilder held = new StringBuilder();
    private boolean matched;

    /**
     * Starts before the text.
     *
     * @param strings the stop strings, none empty, none with half a surrogate pair
     * @param includeString whether the text keeps the stop string that ends it
     */
    StopStringMatcher(List<String> strings, boolean includeString) {
        this.automata = strings.stream().map(Automaton::new).toList();
        this.includeString = includeString;
    }

    /**
     * Takes the next piece and returns the text that is now certain, often an empty one.
     *
     * @throws IllegalStateException if a stop string ended the text before
     */
    String append(String piece) {
        if (matched) {
            throw new IllegalStateException("A stop string has ended this text.");
        }
        for (int i = 0; i < piece.length(); i++) {
            char next = piece.charAt(i);
            held.append(next);
            int length = longestMatch(next);
            if (length > 0) {
                matched = true;
                return release(includeString ? held.length() : held.length() - length);
            }
        }
        int certain = held.length() - longestBeginning();
        boolean splitsPair = certain > 0 && Character.isHighSurrogate(held.charAt(certain - 1));
        return release(splitsPair ? certain - 1 : certain);
    }

    /** Returns whether a stop string has ended the text. */
    boolean matched() {
        return matched;
    }

    /** Returns what is held back: the text ends here for another reason. */
    String finish() {
        return matched ? "" : release(held.length());
    }

    private int longestMatch(char next) {
        int longest = 0;
        for (Automaton automaton : automata) {
            if (automaton.accept(next)) {
                longest = Math.max(longest, automaton.state);
            }
        }
        return longest;
    }

    private int longestBeginning() {
        int longest = 0;
        for (Automaton automaton : automata) {
            longest = Math.max(longest, automaton.state);
        }
        return longest;
    }

    private String release(int length) {
        String text = held.substring(0, length);
        held.delete(0, length);
        return text;
    }

    /** One stop string; the state counts its first characters that end the text so far. */
    private static final class Automaton {

        private final String text;
        // For each beginning of the text: how long its longest beginning is that also ends it.
        private final int[] borders;
        private int state;

        Automaton(String text) {
            this.text = text;
            this.borders = new int[text.length()];
            for (int i = 1; i < text.length(); i++) {
                state = follow(text.charAt(i));
                borders[i] = state;
            }
            state = 0;
        }

        /** Moves on by a character and returns whether the whole stop string was found. */
        boolean accept(char next) {
            state = follow(next);
            return state == text.length();
        }

        private int follow(char next) {
            int length = state;
            while (length > 0 && text.charAt(length) != next) {
                length = borders[length - 1];
            }
            return text.charAt(length) == next ? length + 1 : length;
        }
    }
}
