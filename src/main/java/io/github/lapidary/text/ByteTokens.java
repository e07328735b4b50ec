package io.github.lapidary.text;

import java.nio.charset.StandardCharsets;

/** The tokens for the bytes of characters that the vocabulary does not have. */
final class ByteTokens {

    private final int[] ids;
    private final int unknownId;

    /**
     * @param ids the id of each of the 256 byte values, or NONE
     * @param unknownId what stands for a character whose bytes are not all there
     */
    ByteTokens(int[] ids, int unknownId) {
        this.ids = ids;
        this.unknownId = unknownId;
    }

    /** Adds the tokens of one character. */
    void add(int codePoint, IdList result) {
        byte[] bytes = Character.toString(codePoint).getBytes(StandardCharsets.UTF_8);
        for (byte value : bytes) {
            if (ids[value & 0xFF] == Vocabulary.NONE) {
                result.add(unknownId);
                return;
            }
        }
        for (byte value : bytes) {
            result.add(ids[value & 0xFF]);
        }
    }
}
