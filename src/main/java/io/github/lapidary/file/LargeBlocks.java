package io.github.lapidary.file;

/**
 * GGUF's blocks of 256 elements: groups of 16 or 32 with small scales (and minima) that the block's
 * F16 scale d (and minimum m) multiply.
 *
 * <p>Low bits of elements that lie 32 (or 64) apart share a byte: each loop below takes one group,
 * whose elements lie in following bytes at one and the same shift.
 */
final class LargeBlocks {

    private static final int ELEMENTS = 256;

    private LargeBlocks() {}

    /** (d · scale) · q − (m · minimum): scales 16, q 64 bytes, d, m. */
    static void q2_k(byte[] bytes, float[] floats, int blocks) {
        for (int block = 0; block < blocks; block++) {
            int from = block * StoredType.Q2_K.blockBytes();
            float d = PlainBlocks.float16(bytes, from + 80);
            float m = PlainBlocks.float16(bytes, from + 82);
            for (int group = 0; group < 16; group++) {
                int scales = bytes[from + group];
                float scale = d * (scales & 0xF);
                float minimum = m * (scales >> 4 & 0xF);
                int q = from + 16 + group / 8 * 32 + group % 2 * 16;
                int shift = group % 8 / 2 * 2;
                int to = block * ELEMENTS + group * 16;
                for (int i = 0; i < 16; i++) {
                    floats[to + i] = scale * (bytes[q + i] >> shift & 3) - minimum;
                }
            }
        }
    }

    /**
     * (d · (scale − 32)) · (q − 4, or q if its high bit is set): high bits 32, q 64, scales 12, d.
     */
    static void q3_k(byte[] bytes, float[] floats, int blocks) {
        for (int block = 0; block < blocks; block++) {
            int from = block * StoredType.Q3_K.blockBytes();
            float d = PlainBlocks.float16(bytes, from + 108);
            for (int group = 0; group < 16; group++) {
                int low = (bytes[from + 96 + group % 8] >> (group / 8 * 4)) & 0xF;
                int high = (bytes[from + 104 + group % 4] >> (group / 4 * 2)) & 3;
                float scale = d * ((low | (high << 4)) - 32);
                int third = from + group % 2 * 16;
                int q = from + 32 + group / 8 * 32 + group % 2 * 16;
                int shift = group % 8 / 2 * 2;
                int bit = group / 2;
                int to = block * ELEMENTS + group * 16;
                for (int i = 0; i < 16; i++) {
                    int value = (bytes[q + i] >> shift & 3) | (bytes[third + i] >> bit & 1) << 2;
                    floats[to + i] = scale * (value - 4);
                }
            }
        }
    }

    /** (d · scale) · q − (m · minimum): d, m, scales 12, q 128 bytes. */
    static void q4_k(byte[] bytes, float[] floats, int blocks) {
        for (int block = 0; block < blocks; block++) {
            int from = block * StoredType.Q4_K.blockBytes();
            float d = PlainBlocks.float16(bytes, from);
            float m = PlainBlocks.float16(bytes, from + 2);
            for (int group = 0; group < 8; group++) {
                float scale = d * scale(bytes, from + 4, group);
                float minimum = m * minimum(bytes, from + 4, group);
                int q = from + 16 + group / 2 * 32;
                int shift = group % 2 * 4;
                int to = block * ELEMENTS + group * 32;
                for (int i = 0; i < 32; i++) {
                    floats[to + i] = scale * (bytes[q + i] >> shift & 0xF) - minimum;
                }
            }
        }
    }

    /** (d · scale) · q − (m · minimum): d, m, scales 12, fifth bits 32, q 128 bytes. */
    static void q5_k(byte[] bytes, float[] floats, int blocks) {
        for (int block = 0; block < blocks; block++) {
            int from = block * StoredType.Q5_K.blockBytes();
            float d = PlainBlocks.float16(bytes, from);
            float m = PlainBlocks.float16(bytes, from + 2);
            for (int group = 0; group < 8; group++) {
                float scale = d * scale(bytes, from + 4, group);
                float minimum = m * minimum(bytes, from + 4, group);
                int fifth = from + 16;
                int q = from + 48 + group / 2 * 32;
                int shift = group % 2 * 4;
                int to = block * ELEMENTS + group * 32;
                for (int i = 0; i < 32; i++) {
                    int value =
                            (bytes[q + i] >> shift & 0xF) | (bytes[fifth + i] >> group & 1) << 4;
                    floats[to + i] = scale * value - minimum;
                }
            }
        }
    }

    /** (d · scale) · (q − 32): low bits 128, high bits 64, scales 16 bytes, d. */
    static void q6_k(byte[] bytes, float[] floats, int blocks) {
        for (int block = 0; block < blocks; block++) {
            int from = block * StoredType.Q6_K.blockBytes();
            float d = PlainBlocks.float16(bytes, from + 208);
            for (int group = 0; group < 16; group++) {
                float scale = d * bytes[from + 192 + group];
                int low = from + group / 8 * 64 + group % 4 * 16;
                int lowShift = group % 8 / 4 * 4;
                int high = from + 128 + group / 8 * 32 + group % 2 * 16;
                int highShift = group % 8 / 2 * 2;
                int to = block * ELEMENTS + group * 16;
                for (int i = 0; i < 16; i++) {
                    int value = bytes[low + i] >> lowShift & 0xF;
                    value |= (bytes[high + i] >> highShift & 3) << 4;
                    floats[to + i] = scale * (value - 32);
                }
            }
        }
    }

    /** Returns the 6-bit scale of a group of 32: whole in the first bytes, or in two parts. */
    private static int scale(byte[] bytes, int scales, int group) {
        return group < 4
                ? bytes[scales + group] & 0x3F
                : (bytes[scales + 4 + group] & 0xF) | (bytes[scales + group - 4] >> 2 & 0x30);
    }

    private static int minimum(byte[] bytes, int scales, int group) {
        return group < 4
                ? bytes[scales + 4 + group] & 0x3F
                : (bytes[scales + 4 + group] >> 4 & 0xF) | (bytes[scales + group] >> 2 & 0x30);
    }
}
