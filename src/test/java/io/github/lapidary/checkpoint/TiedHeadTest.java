package io.github.lapidary.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.MalformedModelException;
import io.github.lapidary.Golden;
import io.github.lapidary.checkpoint.TinyFolder.Stored;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.model.Models;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Output matrices that are stored beside the embedding which they are tied to. */
class TiedHeadTest {

    private static final String HEAD = "lm_head.weight";
    private static final String EMBEDDING = "model.embed_tokens.weight";
    private static final String NOT_SUPPORTED = "; an output matrix of its own is not supported";
    private static final long[] IDS = {2, 100, 200, 300, 400, 500, 600, 7, 8, 9, 10, 11};

    @TempDir private Path folder;

    private static String refusal(Path path) {
        String message =
                assertThrows(
                                MalformedModelException.class,
                                () -> LoadedModel.load(path, WeightFormat.FLOAT32).close())
                        .getMessage();
        return message.substring(message.indexOf('\n') + 1);
    }

    private static void copyEmbedding(Map<String, Stored> tensors, String embedding, String head) {
        Stored original = tensors.get(embedding);
        byte[] bytes = original.bytes().array().clone();
        tensors.put(head, new Stored(original.type(), original.shape(), ByteBuffer.wrap(bytes)));
    }

    private static void changeLastByte(Stored tensor) {
        byte[] bytes = tensor.bytes().array();
        bytes[bytes.length - 1] ^= 1;
    }

    private static void assertLoadsAs(Path expected, Path path) throws Exception {
        try (LoadedModel original = LoadedModel.load(expected, WeightFormat.FLOAT32);
                LoadedModel loaded = LoadedModel.load(path, WeightFormat.FLOAT32)) {
            assertArrayEquals(original.logits(IDS), loaded.logits(IDS));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "gemma2, model.embed_tokens.weight, lm_head.weight",
        "recurrentgemma_bf16, model.embed_tokens.weight, lm_head.weight",
        "glam, model.embed_tokens.weight, lm_head.weight",
        "gemma3_multimodal_layout, language_model.model.embed_tokens.weight,"
                + " language_model.lm_head.weight",
        "gemma3_multimodal_layout, language_model.model.embed_tokens.weight, lm_head.weight"
    })
    void aCopyOfTheEmbeddingIsLeftAside(String name, String embedding, String head)
            throws Exception {
        TinyFolder tiny = new TinyFolder(name);
        copyEmbedding(tiny.tensors, embedding, head);
        assertLoadsAs(Golden.path("tiny/" + name), tiny.write(folder));
    }

    @Test
    void otherNumbersAreRefused() throws Exception {
        TinyFolder tiny = new TinyFolder("gemma2");
        copyEmbedding(tiny.tensors, EMBEDDING, HEAD);
        changeLastByte(tiny.tensors.get(HEAD));
        assertEquals(
                "  contradicts tie_word_embeddings: lm_head.weight: it holds other numbers than "
                        + EMBEDDING
                        + NOT_SUPPORTED,
                refusal(tiny.write(folder)));
    }

    /** A difference behind what is compared at once. */
    @Test
    void otherNumbersFarBehindAreRefused() throws Exception {
        TinyFolder tiny = new TinyFolder("gemma2");
        tiny.tensors.put(EMBEDDING, Stored.zeros(StoredType.F32, 10_000L, 72L));
        copyEmbedding(tiny.tensors, EMBEDDING, HEAD);
        Path equal = tiny.write(folder.resolve("equal"), c -> c.addProperty("vocab_size", 10_000));
        LoadedModel.load(equal, WeightFormat.FLOAT32).close();
        changeLastByte(tiny.tensors.get(HEAD));
        Path path = tiny.write(folder.resolve("other"), c -> c.addProperty("vocab_size", 10_000));
        assertEquals(1, refusal(path).lines().count());
    }

    @Test
    void anotherShapeIsToldOfWithAllElse() throws IOException {
        TinyFolder tiny = new TinyFolder("gemma2");
        tiny.tensors.put(HEAD, Stored.zeros(StoredType.BF16, 641L, 72L));
        tiny.tensors.put("extra", Stored.zeros(StoredType.F32, 3L));
        assertEquals(
                "  unexpected: extra\n"
                        + "  contradicts tie_word_embeddings: lm_head.weight: expected F32"
                        + " [640, 72] as that of "
                        + EMBEDDING
                        + ", found BF16 [641, 72]"
                        + NOT_SUPPORTED,
                refusal(tiny.write(folder)));
    }

    @Test
    void ofGgufToo() throws Exception {
        Path source = Path.of(TiedHeadTest.class.getResource("/gguf/tiny_gemma2_f32.gguf").toURI());
        TinyGguf tiny = new TinyGguf(source);
        String head = "output.weight";
        copyEmbedding(tiny.tensors, "token_embd.weight", head);
        assertLoadsAs(source, tiny.write(folder.resolve("equal.gguf")));

        changeLastByte(tiny.tensors.get(head));
        assertEquals(
                "  contradicts tie_word_embeddings: output.weight: it holds other numbers than"
                        + " token_embd.weight"
                        + NOT_SUPPORTED,
                refusal(tiny.write(folder.resolve("other.gguf"))));

        tiny.tensors.put(head, Stored.zeros(StoredType.F32, 640L, 71L));
        assertEquals(
                "  contradicts tie_word_embeddings: output.weight: expected F32 [640, 72] as that"
                        + " of token_embd.weight, found F32 [640, 71]"
                        + NOT_SUPPORTED,
                refusal(tiny.write(folder.resolve("shape.gguf"))));
    }

    /** In each container it has its own name. */
    @Test
    void aNameOfTheOtherContainerIsUnexpected() throws IOException {
        TinyFolder tiny = new TinyFolder("gemma2");
        copyEmbedding(tiny.tensors, EMBEDDING, "output.weight");
        assertEquals("  unexpected: output.weight", refusal(tiny.write(folder)));
    }

    @Test
    void itsListNamesIt() throws Exception {
        TinyFolder tiny = new TinyFolder("gemma2");
        copyEmbedding(tiny.tensors, EMBEDDING, HEAD);
        Checkpoint checkpoint = Checkpoint.open(tiny.write(folder));
        TensorFit fit = TensorFit.of(checkpoint, Models.of(checkpoint.config()));
        assertEquals(List.of(), fit.problems());
        assertEquals(List.of(HEAD), fit.leftAside().stream().map(entry -> entry.name()).toList());
    }
}
