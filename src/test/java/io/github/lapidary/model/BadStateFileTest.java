package io.github.lapidary.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lapidary.file.OutgoingTensor;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.kernel.format.WeightFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bad files for a model of attention layers. */
class BadStateFileTest extends StateFileContract {

    @Override
    String checkpoint() {
        return "gemma2_bf16";
    }

    @ParameterizedTest
    @CsvSource({
        "gemma2_bf16, FLOAT32",
        "gemma2, BFLOAT16",
        "gemma3_mqa, BFLOAT16",
        "recurrentgemma_bf16, BFLOAT16",
        "glam_alt, BFLOAT16"
    })
    void thoseOfOtherModels(String name, WeightFormat format) throws Exception {
        String message = refusalOfAnother(name, format);
        assertTrue(
                message.matches(
                        "the state was saved by another model, or in another dtype: it has the"
                                + " fingerprint [0-9a-f]{64}; expected [0-9a-f]{64}\\."),
                message);
    }

    /** The window has 6 tokens: 5 are needed, and room for 5 + 64 + 512 is the most. */
    @ParameterizedTest
    @CsvSource({
        "91, 256",
        "-1, 256",
        "4, 256",
        "90, 89",
        "90, 0",
        "90, -1",
        "90, 582",
        "90, 2147483647",
        "2147483647, 2147483647"
    })
    void arrangementsThatCannotBe(int used, int capacity) throws Exception {
        Forgery forgery = new Forgery();
        forgery.put("layers.0.arrangement", used, capacity);
        String message = forgery.refusal();
        assertTrue(message.startsWith("No cache of Layout["), message);
        assertTrue(
                message.endsWith("holds [" + used + ", " + capacity + "] of 90 tokens."), message);
    }

    @Test
    void otherShapesAndTypes() throws Exception {
        Forgery many = new Forgery();
        many.put("tokens", new int[100_000]);
        assertTrue(many.refusal().endsWith("of 100000 tokens."));

        Forgery keys = new Forgery();
        OutgoingTensor right = keys.tensors.get("layers.1.keys");
        List<Long> flat = List.of(right.shape().get(0) * right.shape().get(1), 1L, 32L);
        keys.put("layers.1.keys", right.type(), flat, new byte[(int) right.bytes()]);
        assertEquals(
                "layers.1.keys is BF16 " + flat + "; expected BF16 " + right.shape() + ".",
                keys.refusal());

        Forgery floats = new Forgery();
        floats.put(
                "layers.1.keys", StoredType.F32, right.shape(), new byte[(int) right.bytes() * 2]);
        assertEquals(
                "layers.1.keys is F32 " + right.shape() + "; expected BF16 " + right.shape() + ".",
                floats.refusal());
    }
}
