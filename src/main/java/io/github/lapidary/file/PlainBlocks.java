package io.github.lapidary.file;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Floating-point numbers of 32 and 16 bits, alone and as scales of blocks. */
final class PlainBlocks {

    private static final VarHandle SHORT =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int F16_EXPONENT = 0x7C00;
    private static final int F32_EXPONENT = 0x7F80_0000;
    private static final int BIAS_DIFFERENCE = (127 - 15) << 23;

    private PlainBlocks() {}

    static int int32(byte[] bytes, int at) {
        return (int) INT.get(bytes, at);
    }

    /** Widens the IEEE 754 number of 16 bits at an index. */
    static float float16(byte[] bytes, int at) {
        int half = (short) SHORT.get(bytes, at);
        int sign = half & 0x8000_0000;
        int exponent = half & F16_EXPONENT;
        int magnitude = (half & 0x7FFF) << 13;
        if (exponent == 0) {
            float subnormal = (half & 0x3FF) * 0x1p-24f;
            return Float.intBitsToFloat(sign | Float.floatToRawIntBits(subnormal));
        }
        return Float.intBitsToFloat(
                exponent == F16_EXPONENT
                        ? sign | magnitude | F32_EXPONENT
                        : sign | (magnitude + BIAS_DIFFERENCE));
    }

    static void f32(byte[] bytes, float[] floats, int blocks) {
        for (int i = 0; i < blocks; i++) {
            floats[i] = Float.intBitsToFloat((int) INT.get(bytes, 4 * i));
        }
    }

    static void f16(byte[] bytes, float[] floats, int blocks) {
        for (int i = 0; i < blocks; i++) {
            floats[i] = float16(bytes, 2 * i);
        }
    }

    static void bf16(byte[] bytes, float[] floats, int blocks) {
        for (int i = 0; i < blocks; i++) {
            floats[i] = Float.intBitsToFloat((short) SHORT.get(bytes, 2 * i) << 16);
        }
    }
}
