package io.github.lapidary.file;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.lapidary.RealModels;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Reads the released Gemma 3 270M in the format Q4_K_M. */
@Tag("real")
class RealGgufTest {

    /**
     * The SHA-256 of all tensors in the file's order, as PyPI gguf 0.19.0 dequantises them:
     *
     * <pre>
     * digest = hashlib.sha256()
     * for t in gguf.GGUFReader(path).tensors:
     *     digest.update(gguf.quants.dequantize(t.data, t.tensor_type).tobytes())
     * </pre>
     */
    private static final String EXPECTED =
            "91fdb6fea3dfcf39038123ce414f80e101a78f17fd69ae2165c91c4453bbd66b";

    private static final int SLICE_ELEMENTS = 1 << 20;

    @Test
    void dequantisesLikeTheReference() throws IOException, NoSuchAlgorithmException {
        Gguf file = Gguf.read(RealModels.file("gemma-3-270m-q4_k_m.gguf"));
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        ByteBuffer slice =
                ByteBuffer.allocate(SLICE_ELEMENTS * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        try (TensorReader reader = new TensorReader(file)) {
            for (TensorEntry entry : file.tensors().values()) {
                for (long first = 0; first < entry.elements(); first += SLICE_ELEMENTS) {
                    int count = (int) Math.min(SLICE_ELEMENTS, entry.elements() - first);
                    slice.clear().limit(count * Float.BYTES);
                    reader.readFloats(entry, first, slice.asFloatBuffer());
                    digest.update(slice);
                }
            }
        }
        assertEquals(EXPECTED, HexFormat.of().formatHex(digest.digest()));
    }

    @Test
    void readsTheVocabulary() throws IOException {
        Gguf file = Gguf.read(RealModels.file("gemma-3-270m-q4_k_m.gguf"));
        List<String> tokens = file.metadata().strings("tokenizer.ggml.tokens");
        assertEquals(262_144, tokens.size());
        assertEquals("<bos>", tokens.get(2));
        assertEquals(262_144, file.metadata().get("tokenizer.ggml.scores", double[].class).length);
        assertEquals(236, file.tensors().size());
        TensorEntry embedding = file.tensors().get("token_embd.weight");
        assertEquals(List.of(262_144L, 640L), embedding.shape());
        assertEquals(StoredType.Q8_0, embedding.type());
    }
}
