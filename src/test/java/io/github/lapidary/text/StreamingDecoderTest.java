package io.github.lapidary.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class StreamingDecoderTest {

    private static final List<String> WORDS = List.of("<eos>", "▁a", "b", "🙂", "▁", "<0x>", "▁▁");

    /** The words, then the 256 bytes. */
    private static final Vocabulary VOCABULARY =
            new Vocabulary(
                    Stream.concat(
                                    WORDS.stream(),
                                    Stream.iterate(0, b -> b < 256, b -> b + 1)
                                            .map("<0x%02X>"::formatted))
                            .toArray(String[]::new));

    private static final BitSet SPECIAL = BitSet.valueOf(new long[] {1});

    private final StreamingDecoder decoder = new StreamingDecoder(VOCABULARY, SPECIAL, false);

    private String add(int... bytes) {
        StringBuilder text = new StringBuilder();
        Arrays.stream(bytes).forEach(b -> text.append(decoder.add(WORDS.size() + b)));
        return text.toString();
    }

    private String add(String word) {
        return decoder.add(WORDS.indexOf(word));
    }

    @Test
    void givesOutWordsAtOnce() {
        assertEquals(" a", add("▁a"));
        assertEquals("b", add("b"));
        assertEquals("🙂", add("🙂"));
        assertEquals("<0x>", add("<0x>"));
        assertEquals("", decoder.finish());
    }

    @Test
    void holdsBytesUntilTheirRunEnds() {
        assertEquals("", add(0xF0, 0x9F, 0xA7, 0xBF));
        assertEquals("🧿b", add("b"));
        assertEquals("", add(0xC3));
        assertEquals("", add(0xA9));
        assertEquals("é", decoder.finish());
    }

    @Test
    void oneWrongByteSpoilsTheRunOnly() {
        add(0xC3, 0xA9, 0xFF);
        assertEquals("\uFFFD\uFFFD\uFFFDb", add("b"));
        add(0xC3);
        assertEquals("\uFFFDb", add("b"));
        add(0xC3, 0xA9);
        assertEquals("éb", add("b"));
        add(0xE1, 0x9A);
        assertEquals("\uFFFD\uFFFD", decoder.finish());
    }

    @Test
    void refusesWhatUtf8Forbids() {
        assertEquals("", add(0xED, 0xA0, 0x80)); // A surrogate.
        assertEquals("\uFFFD\uFFFD\uFFFD", decoder.finish());
        assertEquals("", add(0xC0, 0x80)); // Zero, too long.
        assertEquals("\uFFFD\uFFFD", decoder.finish());
        assertEquals("", add(0xF4, 0x90, 0x80, 0x80)); // Beyond the last code point.
        assertEquals("\uFFFD\uFFFD\uFFFD\uFFFD", decoder.finish());
    }

    @Test
    void anUnfinishedCharacterCanBeLeftAway() {
        add(0xC3, 0xA9, 0xF0, 0x9F, 0xA7);
        assertEquals("é", decoder.finishWithCharacter());
        add(0xF0);
        assertEquals("", decoder.finishWithCharacter());
        add(0xC3, 0xA9);
        assertEquals("é", decoder.finishWithCharacter());
        assertEquals("", decoder.finishWithCharacter());
        add(0xFF, 0xC3, 0xA9); // wrong, and not for want of an end
        assertEquals("\uFFFD\uFFFD\uFFFD", decoder.finishWithCharacter());
        add(0xC3);
        assertEquals("\uFFFDb", add("b"));
    }

    @Test
    void skippedTokensDoNotEndARun() {
        add(0xC3);
        assertEquals("", add("<eos>"));
        add(0xA9);
        assertEquals("éb", add("b"));
    }

    @Test
    void shownTokensEndARun() {
        StreamingDecoder showing = new StreamingDecoder(VOCABULARY, new BitSet(), false);
        showing.add(WORDS.size() + 0xC3);
        assertEquals("\uFFFD<eos>", showing.add(0));
    }

    @Test
    void takesOneLeadingSpaceAwayIfTold() {
        StreamingDecoder stripping = new StreamingDecoder(VOCABULARY, SPECIAL, true);
        for (int round = 0; round < 2; round++) {
            assertEquals("", stripping.add(WORDS.indexOf("<eos>")));
            assertEquals(" ", stripping.add(WORDS.indexOf("▁▁")));
            assertEquals(" a", stripping.add(WORDS.indexOf("▁a")));
            assertEquals("", stripping.finish());
        }
        stripping.add(WORDS.size() + ' ');
        stripping.add(WORDS.size() + 'x');
        assertEquals("x", stripping.finish());
    }

    @Test
    void aRefusedIdChangesNothing() {
        add(0xC3);
        assertThrows(IllegalArgumentException.class, () -> decoder.add(VOCABULARY.size()));
        add(0xA9);
        assertEquals("é", decoder.finish());
    }
}
