package io.github.lapidary.file;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;

/**
 * Widens stored elements to 32-bit floats.
 *
 * <p>F32, F16, BF16 and all quantised types are read; each result is exactly that of the format's
 * reference in single precision. All methods may be called from many threads.
 */
public final class Dequantizer {

    /** Elements decoded at once: they and their bytes stay in the processor's first cache. */
    private static final int CHUNK_ELEMENTS = 4096;

    private Dequantizer() {}

    /**
     * Widens all remaining bytes, which are whole blocks, and advances both buffers.
     *
     * @throws IllegalArgumentException if the type is an integer type or F64, the bytes are no
     *     whole blocks, or the floats do not fit
     */
    public static void dequantize(StoredType type, ByteBuffer blocks, FloatBuffer floats) {
        BlockDecoder decoder = decoder(type);
        if (blocks.remaining() % type.blockBytes() != 0) {
            throw new IllegalArgumentException(
                    "%d bytes are no whole blocks of %s, which take %d."
                            .formatted(blocks.remaining(), type, type.blockBytes()));
        }
        long elements = (long) (blocks.remaining() / type.blockBytes()) * type.blockElements();
        if (elements > floats.remaining()) {
            throw new IllegalArgumentException(
                    "%d floats do not fit a buffer with room for %d."
                            .formatted(elements, floats.remaining()));
        }
        int chunkBlocks = (int) Math.min(CHUNK_ELEMENTS, elements) / type.blockElements();
        byte[] bytes = new byte[chunkBlocks * type.blockBytes()];
        float[] decoded = new float[chunkBlocks * type.blockElements()];
        while (blocks.hasRemaining()) {
            int count = Math.min(chunkBlocks, blocks.remaining() / type.blockBytes());
            blocks.get(bytes, 0, count * type.blockBytes());
            decoder.decode(bytes, decoded, count);
            floats.put(decoded, 0, count * type.blockElements());
        }
    }

    private static BlockDecoder decoder(StoredType type) {
        return switch (type) {
            case F32 -> PlainBlocks::f32;
            case F16 -> PlainBlocks::f16;
            case BF16 -> PlainBlocks::bf16;
            case Q4_0 -> SmallBlocks::q4_0;
            case Q4_1 -> SmallBlocks::q4_1;
            case Q5_0 -> SmallBlocks::q5_0;
            case Q5_1 -> SmallBlocks::q5_1;
            case Q8_0 -> SmallBlocks::q8_0;
            case Q2_K -> LargeBlocks::q2_k;
            case Q3_K -> LargeBlocks::q3_k;
            case Q4_K -> LargeBlocks::q4_k;
            case Q5_K -> LargeBlocks::q5_k;
            case Q6_K -> LargeBlocks::q6_k;
            case F64, I8, I16, I32, I64, U8, BOOL ->
                    throw new IllegalArgumentException(
                            "Elements of the type " + type + " are not widened to floats.");
        };
    }
}
