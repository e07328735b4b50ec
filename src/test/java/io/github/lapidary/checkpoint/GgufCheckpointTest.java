package io.github.lapidary.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.MalformedModelException;
import io.github.lapidary.Golden;
import io.github.lapidary.config.GenerationDefaults;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.kernel.format.WeightFormat;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** GGUF files of the tiny checkpoints, made by gguf/make_tiny_model.py. */
class GgufCheckpointTest {

    private static final long[] IDS = {2, 100, 200, 300, 400, 500, 600, 7, 8, 9, 10, 11};

    @TempDir private Path folder;

    private static Path resource(String name) throws URISyntaxException {
        return Path.of(GgufCheckpointTest.class.getResource("/" + name).toURI());
    }

    @ParameterizedTest
    @CsvSource({
        "gguf/tiny_gemma1_bf16.gguf, golden/tiny/gemma1_mqa/golden.safetensors",
        "gguf/tiny_gemma2_f32.gguf, golden/tiny/gemma2/golden.safetensors",
        "gguf/tiny_gemma3_bf16.gguf, golden/tiny/gemma3_mqa/golden.safetensors",
        "gguf/tiny_gemma3_q8_0.gguf, gguf/tiny_gemma3_q8_0_expected.safetensors"
    })
    void logitsAreTheReferences(String file, String golden) throws Exception {
        try (LoadedModel loaded = LoadedModel.load(resource(file), WeightFormat.FLOAT32)) {
            loaded.assertGolden(resource(golden));
        }
    }

    /** The same weights come from GGUF, where norms have one added, and from safetensors. */
    @Test
    void bfloat16IsThatOfSafetensors() throws Exception {
        try (LoadedModel expected =
                        LoadedModel.load(Golden.path("tiny/gemma3_mqa"), WeightFormat.BFLOAT16);
                LoadedModel loaded =
                        LoadedModel.load(
                                resource("gguf/tiny_gemma3_bf16.gguf"), WeightFormat.BFLOAT16)) {
            assertArrayEquals(expected.logits(IDS), loaded.logits(IDS));
        }
    }

    @Test
    void becomesAHuggingFaceFolder() throws Exception {
        Path source = resource("gguf/tiny_gemma3_q8_0.gguf");
        Path written = folder.resolve("written");
        try (LoadedModel loaded = LoadedModel.load(source, WeightFormat.FLOAT32)) {
            CheckpointWriter.write(
                    loaded.model(),
                    GenerationDefaults.NONE,
                    written,
                    WriteOptions.of(StoredType.F32));
            assertEquals(Checkpoint.open(source).config(), Checkpoint.open(written).config());
            try (LoadedModel again = LoadedModel.load(written, WeightFormat.FLOAT32)) {
                again.assertSameWeights(loaded);
                // Those that are stored in float32 are multiplied in another layout.
                Golden.assertClose("logits", loaded.logits(IDS), again.logits(IDS), 1e-5);
            }
        }
    }

    @Test
    void saysInGgufsNamesWhatDoesNotFit() throws Exception {
        byte[] bytes = Files.readAllBytes(resource("gguf/tiny_gemma2_f32.gguf"));
        Path file = folder.resolve("renamed.gguf");
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        String renamed =
                text.replace("blk.1.ffn_up.weight", "blk.1.ffn_ab.weight")
                        .replace("blk.3.", "blk.4.");
        Files.write(file, renamed.getBytes(StandardCharsets.ISO_8859_1));
        String message =
                assertThrows(
                                MalformedModelException.class,
                                () -> LoadedModel.load(file, WeightFormat.FLOAT32).close())
                        .getMessage();
        assertTrue(message.contains("\n  missing: blk.1.ffn_up.weight\n"), message);
        assertTrue(message.contains("\n  missing: blk.3.ffn_up.weight\n"), message);
        assertTrue(message.contains("\n  unexpected: blk.1.ffn_ab.weight\n"), message);
        assertTrue(message.contains("\n  unexpected: blk.4.ffn_up.weight"), message);
    }

    @Test
    void refusesAFileOfAnotherKind() throws IOException {
        Path file = Files.writeString(folder.resolve("model.gguf"), "no model");
        String message = assertThrows(IOException.class, () -> Checkpoint.open(file)).getMessage();
        assertTrue(message.contains("expected the letters GGUF"), message);
    }
}
