package io.github.lapidary.generation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class StopStringMatcherTest {

    @Test
    void matchesHoweverTheTextIsCut() {
        String text = "one two <end> three";
        for (int first = 0; first <= text.length(); first++) {
            for (int second = first; second <= text.length(); second++) {
                List<String> pieces =
                        List.of(
                                text.substring(0, first),
                                text.substring(first, second),
                                text.substring(second));
                assertEquals("one two ", read(pieces, List.of("<end>", "never"), false));
                assertEquals("one two <end>", read(pieces, List.of("<end>", "never"), true));
            }
        }
    }

    @Test
    void holdsBackOnlyWhatMayBeginAStopString() {
        var matcher = new StopStringMatcher(List.of("<end>", "\n\n"), false);
        assertEquals("a", matcher.append("a"));
        assertEquals("b", matcher.append("b<e"));
        assertEquals("", matcher.append("nd"));
        assertEquals("<endc", matcher.append("c\n"));
        assertEquals("\nd<", matcher.append("d<<"));
        assertEquals("<", matcher.finish());
        assertEquals("", matcher.finish());
        assertFalse(matcher.matched());
    }

    @Test
    void fallsBackToTheLongestBeginningThatIsLeft() {
        var matcher = new StopStringMatcher(List.of("aabaac"), false);
        assertEquals("", matcher.append("aabaa"));
        assertEquals("aab", matcher.append("b"));
        assertEquals("", matcher.append("aac"));
        assertTrue(matcher.matched());
    }

    @Test
    void theFirstToBeCompleteWinsAndThenTheLongest() {
        assertEquals("x", read(List.of("xabcd"), List.of("abcd", "ab", "bc"), false));
        assertEquals("xab", read(List.of("xabcd"), List.of("abcd", "ab", "bc"), true));
        assertEquals("x", read(List.of("xabc"), List.of("c", "abc", "bc"), false));
    }

    @Test
    void neverSplitsASurrogatePair() {
        String face = "\ud83d\ude00";
        String other = "\ud83d\ude01";
        var matcher = new StopStringMatcher(List.of(face + "!"), false);
        assertEquals("", matcher.append("\ud83d"));
        assertEquals(other, matcher.append("\ude01"));
        assertEquals("a", matcher.append("a" + face));
        assertEquals(face, matcher.append(face));
        assertEquals("", matcher.append("!"));
        assertTrue(matcher.matched());

        var unconcerned = new StopStringMatcher(List.of("x"), false);
        assertEquals("a", unconcerned.append("a\ud83d"));
        assertEquals(face, unconcerned.append("\ude00"));
    }

    @Test
    void agreesWithSearchingTheWholeText() {
        var random = new SplittableRandom(17);
        for (int i = 0; i < 20_000; i++) {
            String text = letters(random, random.nextInt(0, 30));
            List<String> stops = new ArrayList<>();
            for (int s = random.nextInt(0, 4); s > 0; s--) {
                stops.add(letters(random, random.nextInt(1, 6)));
            }
            boolean include = random.nextBoolean();
            List<String> pieces = new ArrayList<>();
            for (int start = 0; start < text.length(); ) {
                int end = Math.min(text.length(), start + random.nextInt(0, 6));
                pieces.add(text.substring(start, end));
                start = end;
            }
            assertEquals(
                    cutBySearching(text, stops, include),
                    read(pieces, stops, include),
                    () -> pieces + " with " + stops);
        }
    }

    @Test
    void refusesTextAfterTheEnd() {
        var matcher = new StopStringMatcher(List.of("."), false);
        assertEquals("a", matcher.append("a.b"));
        assertEquals("", matcher.finish());
        assertThrows(IllegalStateException.class, () -> matcher.append("c"));
    }

    private static String letters(SplittableRandom random, int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append((char) ('a' + random.nextInt(3)));
        }
        return text.toString();
    }

    private static String cutBySearching(String text, List<String> stops, boolean include) {
        for (int end = 1; end <= text.length(); end++) {
            String beginning = text.substring(0, end);
            int longest =
                    stops.stream()
                            .filter(beginning::endsWith)
                            .mapToInt(String::length)
                            .max()
                            .orElse(0);
            if (longest > 0) {
                return include ? beginning : beginning.substring(0, end - longest);
            }
        }
        return text;
    }

    private static String read(List<String> pieces, List<String> stops, boolean include) {
        var matcher = new StopStringMatcher(stops, include);
        StringBuilder text = new StringBuilder();
        for (String piece : pieces) {
            if (!matcher.matched()) {
                text.append(matcher.append(piece));
            }
        }
        return text.append(matcher.finish()).toString();
    }
}
