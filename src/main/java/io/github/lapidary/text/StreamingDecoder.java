package io.github.lapidary.text;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Turns ids into text one by one, as a model produces them.
 *
 * <p>What it returns, put together, equals {@link Tokenizer#decode} of all ids: text is handed out
 * only when no later id can change it. Byte tokens are therefore held back until their run ends,
 * because one wrong byte turns the whole run into U+FFFD. Each id costs constant time on average.
 *
 * <p>A decoder serves one sequence in one thread.
 */
public final class StreamingDecoder {

    private static final int BYTE_PIECE_LENGTH = 6;

    private final Vocabulary vocabulary;
    private final BitSet skipped;
    private final boolean stripLeadingSpace;
    private byte[] heldBytes = new byte[16];
    private int heldCount;
    private boolean atStart = true;

    StreamingDecoder(Vocabulary vocabulary, BitSet skipped, boolean stripLeadingSpace) {
        this.vocabulary = vocabulary;
        this.skipped = skipped;
        this.stripLeadingSpace = stripLeadingSpace;
    }

    /** Returns whether the vocabulary has this id; models may have further ones, as padding. */
    public boolean knows(int id) {
        return vocabulary.has(id);
    }

    /**
     * Takes the next id and returns the text that has become certain, often that of the id itself
     * and sometimes none.
     *
     * @throws IllegalArgumentException if the id is not in the vocabulary; the decoder is then as
     *     before
     */
    public String add(int id) {
        String piece = vocabulary.piece(id);
        if (skipped.get(id)) {
            return "";
        }
        int value = byteValue(piece);
        if (value >= 0) {
            hold((byte) value);
            return "";
        }
        String text = piece.replace('▁', ' ');
        return withoutLeadingSpace(heldCount == 0 ? text : release() + text);
    }

    /** Returns the text still held back; afterwards the decoder is as new. */
    public String finish() {
        String text = heldCount == 0 ? "" : withoutLeadingSpace(release());
        atStart = true;
        return text;
    }

    /**
     * Returns the text still held back but for a last character whose bytes are not all there,
     * which leaves no trace; afterwards the decoder is as new.
     */
    public String finishWithCharacter() {
        ByteBuffer bytes = ByteBuffer.wrap(heldBytes, 0, heldCount);
        CharBuffer whole = CharBuffer.allocate(heldCount);
        if (!StandardCharsets.UTF_8.newDecoder().decode(bytes, whole, false).isError()) {
            heldCount = bytes.position(); // what follows may begin a character
        }
        return finish();
    }

    /** Returns the byte that a piece such as {@code <0x0A>} stands for, or -1 for any other. */
    static int byteValue(String piece) {
        if (piece.length() != BYTE_PIECE_LENGTH
                || !piece.startsWith("<0x")
                || piece.charAt(BYTE_PIECE_LENGTH - 1) != '>') {
            return -1;
        }
        int high = Character.digit(piece.charAt(3), 16);
        int low = Character.digit(piece.charAt(4), 16);
        return high < 0 || low < 0 ? -1 : high * 16 + low;
    }

    private void hold(byte value) {
        if (heldCount == heldBytes.length) {
            heldBytes = Arrays.copyOf(heldBytes, Math.multiplyExact(heldCount, 2));
        }
        heldBytes[heldCount++] = value;
    }

    private String release() {
        ByteBuffer bytes = ByteBuffer.wrap(heldBytes, 0, heldCount);
        int count = heldCount;
        heldCount = 0;
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException e) {
            // Hugging Face's decoder gives up the whole run as well.
            return "\uFFFD".repeat(count);
        }
    }

    private String withoutLeadingSpace(String text) {
        if (!atStart || text.isEmpty()) {
            return text;
        }
        atStart = false;
        return stripLeadingSpace && text.charAt(0) == ' ' ? text.substring(1) : text;
    }
}
