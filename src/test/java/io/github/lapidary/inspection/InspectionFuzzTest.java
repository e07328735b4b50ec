package io.github.lapidary.inspection;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDManager;
import io.github.lapidary.Golden;
import io.github.lapidary.checkpoint.Checkpoint;
import io.github.lapidary.checkpoint.CheckpointLoader;
import io.github.lapidary.file.Mutator;
import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.inspection.Finding.Severity;
import io.github.lapidary.kernel.format.WeightFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever is damaged, there is a report, and it never calls sound what does not load. */
class InspectionFuzzTest {

    private static final int FOLDERS = 200;
    private static final int FILES = 100;
    private static final List<String> DAMAGED =
            List.of(
                    "config.json",
                    "generation_config.json",
                    "tokenizer_config.json",
                    "model.safetensors");

    @TempDir private Path folder;

    private final Random random = new Random(21);
    private final Mutator mutator = new Mutator(22);
    private int refused;

    @ParameterizedTest
    @ValueSource(strings = {"gemma1_mha", "glam"})
    @Timeout(120)
    void damagedFolders(String model) throws Exception {
        Path original = Golden.path("tiny/" + model);
        for (String name : DAMAGED) {
            Files.copy(original.resolve(name), folder.resolve(name));
        }
        Files.copy(original.resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
        for (int i = 0; i < FOLDERS; i++) {
            String name = DAMAGED.get(random.nextInt(DAMAGED.size()));
            byte[] bytes = Files.readAllBytes(original.resolve(name));
            Files.write(
                    folder.resolve(name),
                    name.endsWith(".json") ? mutator.damageText(bytes) : withDamagedHeader(bytes));
            inspect("folder " + i + " with another " + name, folder);
            Files.write(folder.resolve(name), bytes);
        }
        assertTrue(refused > FOLDERS / 5 && refused < FOLDERS, refused + " refused");
    }

    private byte[] withDamagedHeader(byte[] file) {
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        byte[] header = new byte[(int) bytes.getLong()];
        bytes.get(header);
        byte[] damaged = mutator.damageText(header);
        return ByteBuffer.allocate(Long.BYTES + damaged.length + bytes.remaining())
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(damaged.length)
                .put(damaged)
                .put(bytes)
                .array();
    }

    @Test
    @Timeout(120)
    void damagedGgufFiles() throws Exception {
        byte[] original =
                Files.readAllBytes(Path.of("src/test/resources/gguf/tiny_gemma1_bf16.gguf"));
        int header = 24_000;
        Path file = folder.resolve("model.gguf");
        for (int i = 0; i < FILES; i++) {
            byte[] start = mutator.damage(Arrays.copyOf(original, header));
            byte[] bytes = Arrays.copyOf(start, start.length + original.length - header);
            System.arraycopy(original, header, bytes, start.length, original.length - header);
            Files.write(file, bytes);
            inspect("file " + i, file);
        }
        assertTrue(refused > FILES / 5 && refused < FILES, refused + " refused");
    }

    private void inspect(String what, Path path) {
        try {
            Inspection inspection = Inspection.of(path, InspectionOptions.defaults());
            if (!loads(path)) {
                refused++;
                assertTrue(inspection.count(Severity.ERROR) > 0, what);
            }
        } catch (IOException | RuntimeException | Error e) {
            fail(what, e);
        }
    }

    private static boolean loads(Path path) {
        try (NDManager manager = NDManager.newBaseManager()) {
            CheckpointLoader.load(
                    Checkpoint.open(path), manager, WeightFormat.FLOAT32, ProgressListener.NONE);
            return true;
        } catch (IOException | MalformedModelException e) {
            return false;
        }
    }
}
