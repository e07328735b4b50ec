package io.github.lapidary.file;

/**
 * GGUF's blocks of 32 elements.
 *
 * <p>The scale d (and minimum m) come first, as F16. Of 4-bit values the low halves of 16 bytes are
 * the elements 0 to 15, the high halves 16 to 31; fifth bits lie together in an int.
 */
final class SmallBlocks {

    private static final int ELEMENTS = 32;
    private static final int HALF = 16;

    private SmallBlocks() {}

    /** d · (q − 8). */
    static void q4_0(byte[] bytes, float[] floats, int blocks) {
        for (int block = 0; block < blocks; block++) {
            int from = block * StoredType.Q4_0.blockBytes();
            int to = block * ELEMENTS;
            float d = PlainBlocks.float16(bytes, from);
            for (int i = 0; i < HALF; i++) {
                int pair = bytes[from + 2 + i];
                floats[to + i] = d * ((pair & 0xF) - 8);
                floats[to + HALF + i] = d * ((pair >> 4 & 0xF) - 8);
            }
        }
    }

    /** d · q + m. */
    static void q4_1(byte[] bytes, float[] floats, int blocks) {
        for (int block = 0; block < blocks; block++) {
            int from = block * StoredType.Q4_1.blockBytes();
            int to = block * ELEMENTS;
            float d = PlainBlocks.float16(bytes, from);
            float m = PlainBlocks.float16(bytes, from + 2);
            for (int i = 0; i < HALF; i++) {
                int pair = bytes[from + 4 + i];
                floats[to + i] = d * (pair & 0xF) + m;
                floats[to + HALF + i] = d * (pair >> 4 & 0xF) + m;
            }
        }
    }

    /** d · (q − 16). */
    static void q5_0(byte[] bytes, float[] floats, int blocks) {
        for (int block = 0; block < blocks; block++) {
            int from = block * StoredType.Q5_0.blockBytes();
            int to = block * ELEMENTS;
            float d = PlainBlocks.float16(bytes, from);
            int fifth = PlainBlocks.int32(bytes, from + 2);
            for (int i = 0; i < HALF; i++) {
                int pair = bytes[from + 6 + i];
                floats[to + i] = d * (((pair & 0xF) | fifthBit(fifth, i)) - 16);
                floats[to + HALF + i] = d * (((pair >> 4 & 0xF) | fifthBit(fifth, HALF + i)) - 16);
            }
        }
    }

    /** d · q + m. */
    static void q5_1(byte[] bytes, float[] floats, int blocks) {
        for (int block = 0; block < blocks; block++) {
            int from = block * StoredType.Q5_1.blockBytes();
            int to = block * ELEMENTS;
            float d = PlainBlocks.float16(bytes, from);
            float m = PlainBlocks.float16(bytes, from + 2);
            int fifth = PlainBlocks.int32(bytes, from + 4);
            for (int i = 0; i < HALF; i++) {
                int pair = bytes[from + 8 + i];
                floats[to + i] = d * ((pair & 0xF) | fifthBit(fifth, i)) + m;
                floats[to + HALF + i] = d * ((pair >> 4 & 0xF) | fifthBit(fifth, HALF + i)) + m;
            }
        }
    }

    /** d · q. */
    static void q8_0(byte[] bytes, float[] floats, int blocks) {
        for (int block = 0; block < blocks; block++) {
            int from = block * StoredType.Q8_0.blockBytes();
            int to = block * ELEMENTS;
            float d = PlainBlocks.float16(bytes, from);
            for (int i = 0; i < ELEMENTS; i++) {
                floats[to + i] = d * bytes[from + 2 + i];
            }
        }
    }

    private static int fifthBit(int bits, int element) {
        return (bits >> element & 1) << 4;
    }
}
