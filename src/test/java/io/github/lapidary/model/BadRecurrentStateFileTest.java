package io.github.lapidary.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lapidary.file.StoredType;
import io.github.lapidary.kernel.format.WeightFormat;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad files for a model of two recurrent layers, of 64 channels, and one of attention. */
class BadRecurrentStateFileTest extends StateFileContract {

    @Override
    String checkpoint() {
        return "recurrentgemma_bf16";
    }

    @ParameterizedTest
    @CsvSource({"gemma2_bf16, BFLOAT16", "recurrentgemma, FLOAT32", "recurrentgemma_bf16, FLOAT32"})
    void thoseOfOtherModels(String name, WeightFormat format) throws Exception {
        String message = refusalOfAnother(name, format);
        assertTrue(
                message.startsWith(
                        "the state was saved by another model, or in another dtype: it has the"
                                + " fingerprint "),
                message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "earlier."})
    void arrangementsThatCannotBe(String prefix) throws Exception {
        int tokens = prefix.isEmpty() ? TOKENS : TOKENS - 1;
        for (int[] numbers : new int[][] {{0}, {1}, {2}, {-1}, {0, 0}}) {
            Forgery forgery = new Forgery();
            forgery.put(prefix + "layers.1.arrangement", numbers);
            assertEquals(
                    "No recurrent state holds %s of %d tokens."
                            .formatted(Arrays.toString(numbers), tokens),
                    forgery.refusal());
        }
        Forgery window = new Forgery();
        window.put(prefix + "layers.2.arrangement", tokens + 1, 256);
        String message = window.refusal();
        assertTrue(
                message.endsWith("holds [%d, 256] of %d tokens.".formatted(tokens + 1, tokens)),
                message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "earlier."})
    void otherShapesAndTypes(String prefix) throws Exception {
        refuses(prefix + "layers.0.recurrent", "F32 [1, 64]", StoredType.F32, 2, 64);
        refuses(prefix + "layers.0.recurrent", "F32 [1, 64]", StoredType.F32, 64);
        refuses(prefix + "layers.0.recurrent", "F32 [1, 64]", StoredType.BF16, 1, 64);
        refuses(prefix + "layers.1.conv", "BF16 [1, 3, 64]", StoredType.BF16, 2, 3, 64);
        refuses(prefix + "layers.1.conv", "BF16 [1, 3, 64]", StoredType.BF16, 1, 64, 3);
        refuses(prefix + "layers.1.conv", "BF16 [1, 3, 64]", StoredType.F32, 1, 3, 64);
    }

    private void refuses(String name, String expected, StoredType type, long... shape)
            throws Exception {
        List<Long> sizes = Arrays.stream(shape).boxed().toList();
        long bytes = Arrays.stream(shape).reduce(type == StoredType.F32 ? 4 : 2, (a, b) -> a * b);
        Forgery forgery = new Forgery();
        forgery.put(name, type, sizes, new byte[(int) bytes]);
        assertEquals(
                name + " is " + type + " " + sizes + "; expected " + expected + ".",
                forgery.refusal());
    }

    /** An earlier place is one of the same text. */
    @Test
    void earlierPlacesThatCannotBe() throws Exception {
        for (int[] numbers : new int[][] {{}, {-1}, {TOKENS + 1}, {3, 4}}) {
            Forgery forgery = new Forgery();
            forgery.put("earlier.tokens", numbers);
            assertEquals(
                    "earlier.tokens is %s; expected a number up to 90."
                            .formatted(Arrays.toString(numbers)),
                    forgery.refusal());
        }
        Forgery fewer = new Forgery();
        fewer.put("earlier.tokens", 5); // the window has more
        String message = fewer.refusal();
        assertTrue(message.endsWith("holds [89, 256] of 5 tokens."), message);
    }
}
