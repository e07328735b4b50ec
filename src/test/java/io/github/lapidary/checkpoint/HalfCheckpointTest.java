package io.github.lapidary.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.github.lapidary.Golden;
import io.github.lapidary.checkpoint.TinyFolder.Stored;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.kernel.format.WeightFormat;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Checkpoints in float16, beside the same numbers in float32. */
class HalfCheckpointTest {

    private static final long[] IDS = {2, 100, 200, 300, 400, 500, 600, 7, 8, 9, 10, 11};

    @TempDir private Path folder;

    private static Stored half(Stored single) {
        FloatBuffer floats = floats(single);
        ByteBuffer bytes = little(floats.limit() * Short.BYTES);
        for (int i = 0; i < floats.limit(); i++) {
            bytes.putShort(half(floats.get(i)));
        }
        return new Stored(StoredType.F16, single.shape(), bytes.flip());
    }

    private static Stored single(Stored half) {
        ShortBuffer halves =
                half.bytes().duplicate().order(ByteOrder.LITTLE_ENDIAN).asShortBuffer();
        ByteBuffer bytes = little(halves.limit() * Float.BYTES);
        for (int i = 0; i < halves.limit(); i++) {
            bytes.putFloat(single(halves.get(i)));
        }
        return new Stored(StoredType.F32, half.shape(), bytes.flip());
    }

    private static FloatBuffer floats(Stored single) {
        return single.bytes().duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Rounds towards zero; numbers that are small even for float16 keep fewer digits. */
    private static short half(float number) {
        int bits = Float.floatToRawIntBits(number);
        int sign = (bits >>> 16) & 0x8000;
        int exponent = ((bits >>> 23) & 0xFF) - 127;
        int digits = bits & 0x7FFFFF;
        if (exponent >= -14) {
            return (short) (sign | ((exponent + 15) << 10) | (digits >> 13));
        }
        int shift = 13 - 14 - exponent;
        return (short) (sign | (shift > 24 ? 0 : (digits | 0x800000) >> shift));
    }

    private static float single(short half) {
        int exponent = (half >> 10) & 0x1F;
        int digits = half & 0x3FF;
        float size =
                exponent == 0
                        ? Math.scalb((float) digits, -24)
                        : Math.scalb((float) (digits | 0x400), exponent - 25);
        return half < 0 ? -size : size;
    }

    private static void assertSame(Path expected, Path found, WeightFormat format)
            throws Exception {
        try (LoadedModel single = LoadedModel.load(expected, format);
                LoadedModel half = LoadedModel.load(found, format)) {
            if (format == WeightFormat.FLOAT32) { // stored so, they are multiplied differently
                half.assertSameWeights(single);
            } else {
                assertArrayEquals(single.logits(IDS), half.logits(IDS));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(WeightFormat.class)
    void folder(WeightFormat format) throws Exception {
        TinyFolder tiny = new TinyFolder("gemma2");
        tiny.tensors.replaceAll((name, tensor) -> half(tensor));
        Path half = tiny.write(folder.resolve("half"));
        tiny.tensors.replaceAll((name, tensor) -> single(tensor));
        Path single = tiny.write(folder.resolve("single"));
        assertSame(single, half, format);
        if (format == WeightFormat.FLOAT32) { // nor is it far from where it comes from
            try (LoadedModel loaded = LoadedModel.load(half, format);
                    LoadedModel original = LoadedModel.load(Golden.path("tiny/gemma2"), format)) {
                Golden.assertClose(
                        "logits", original.logits(IDS), loaded.logits(IDS), 0.1); // of about 10
            }
        }
    }

    /** As llama.cpp's converter has it: matrices in float16, vectors in float32. */
    @ParameterizedTest
    @EnumSource(WeightFormat.class)
    void gguf(WeightFormat format) throws Exception {
        TinyGguf tiny =
                new TinyGguf(
                        Path.of(
                                HalfCheckpointTest.class
                                        .getResource("/gguf/tiny_gemma2_f32.gguf")
                                        .toURI()));
        tiny.tensors.replaceAll(
                (name, tensor) -> tensor.shape().size() == 1 ? tensor : half(tensor));
        Path half = tiny.write(folder.resolve("half.gguf"));
        tiny.tensors.replaceAll(
                (name, tensor) -> tensor.type() == StoredType.F16 ? single(tensor) : tensor);
        assertSame(tiny.write(folder.resolve("single.gguf")), half, format);
    }
}
