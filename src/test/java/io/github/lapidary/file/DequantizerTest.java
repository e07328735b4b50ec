package io.github.lapidary.file;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

class DequantizerTest {

    /** More elements than are decoded at once. */
    private static final int REPEATS = 3;

    @ParameterizedTest
    @EnumSource(
            mode = Mode.EXCLUDE,
            names = {"F64", "I8", "I16", "I32", "I64", "U8", "BOOL"})
    void equalsTheReferenceBitForBit(StoredType type) throws IOException {
        String name = type.name().toLowerCase(Locale.ROOT);
        ByteBuffer stored = stored(Gguf.read(Resources.path("gguf/quantised.gguf")), name);
        ByteBuffer reference =
                stored(
                        Safetensors.read(Resources.path("gguf/quantised_expected.safetensors")),
                        name);
        ByteBuffer repeated = ByteBuffer.allocate(REPEATS * stored.capacity());
        ByteBuffer expected = ByteBuffer.allocate(REPEATS * reference.capacity());
        for (int i = 0; i < REPEATS; i++) {
            repeated.put(stored.rewind());
            expected.put(reference.rewind());
        }

        ByteBuffer found = ByteBuffer.allocate(expected.capacity()).order(ByteOrder.LITTLE_ENDIAN);
        Dequantizer.dequantize(type, repeated.flip(), found.asFloatBuffer());

        assertEquals(REPEATS * 3072 * Float.BYTES, found.capacity());
        assertArrayEquals(expected.array(), found.array());
    }

    private static ByteBuffer stored(TensorContainer container, String name) throws IOException {
        TensorEntry entry = container.tensors().get(name);
        ByteBuffer bytes = ByteBuffer.allocate((int) entry.bytes());
        try (TensorReader reader = new TensorReader(container)) {
            reader.readBytes(entry, 0, bytes);
        }
        return bytes.flip();
    }

    @Test
    void widensEveryFloat16() {
        ByteBuffer halves = ByteBuffer.allocate(2 << 16).order(ByteOrder.LITTLE_ENDIAN);
        for (int bits = 0; bits < 1 << 16; bits++) {
            halves.putShort((short) bits);
        }
        FloatBuffer floats = FloatBuffer.allocate(1 << 16);
        Dequantizer.dequantize(StoredType.F16, halves.flip(), floats);
        for (int bits = 0; bits < 1 << 16; bits++) {
            assertEquals(float16(bits), floats.get(bits), Integer.toHexString(bits));
        }
    }

    /** The definition of IEEE 754. */
    private static float float16(int bits) {
        int exponent = bits >> 10 & 0x1F;
        int mantissa = bits & 0x3FF;
        float magnitude =
                switch (exponent) {
                    case 0 -> Math.scalb((float) mantissa, -24);
                    case 31 -> mantissa == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
                    default -> Math.scalb((float) (1024 + mantissa), exponent - 25);
                };
        return bits < 0x8000 ? magnitude : -magnitude;
    }

    @Test
    void refusesWhatItCannotWiden() {
        ByteBuffer bytes = ByteBuffer.allocate(68);
        assertThrows(
                IllegalArgumentException.class,
                () -> Dequantizer.dequantize(StoredType.I32, bytes, FloatBuffer.allocate(17)));
        assertThrows(
                IllegalArgumentException.class,
                () -> Dequantizer.dequantize(StoredType.Q4_0, bytes, FloatBuffer.allocate(128)));
        assertThrows(
                IllegalArgumentException.class,
                () -> Dequantizer.dequantize(StoredType.Q8_0, bytes, FloatBuffer.allocate(63)));
        Dequantizer.dequantize(StoredType.Q8_0, bytes, FloatBuffer.allocate(64));
        assertEquals(0, bytes.remaining());
    }
}
