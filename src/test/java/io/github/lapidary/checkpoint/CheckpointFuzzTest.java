package io.github.lapidary.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import ai.djl.MalformedModelException;
import com.sun.management.ThreadMXBean;
import io.github.lapidary.Golden;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.LoadOptions;
import io.github.lapidary.ProcessMemory;
import io.github.lapidary.file.Mutator;
import io.github.lapidary.generation.ScoreListener;
import io.github.lapidary.generation.ScoreOptions;
import io.github.lapidary.kernel.format.WeightFormat;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whatever a folder or file holds, it becomes a model that runs or one of two exceptions. */
class CheckpointFuzzTest {

    private static final int FOLDERS = 500;
    private static final int SPARSE_FOLDERS = 150;
    private static final int FILES = 150;

    /** The checkpoints have half a megabyte; classes, kernels and JSON take the most. */
    private static final long MAX_ALLOCATED_BYTES = 30_000_000;

    private static final long MAX_PRIVATE_BYTES = 200L << 20;

    private static final String FIRST_SHARD = "model-00001-of-00003.safetensors";

    @TempDir private Path folder;

    private final Random random = new Random(11);
    private final Mutator mutator = new Mutator(12);
    private int accepted;
    private int refused;

    @Test
    @Timeout(120)
    void damagedFolders() throws Exception {
        damagedFolders(
                "gemma1_mqa",
                List.of(
                        "config.json",
                        "generation_config.json",
                        "tokenizer.json",
                        "tokenizer_config.json",
                        "model.safetensors.index.json",
                        FIRST_SHARD,
                        "model-00002-of-00003.safetensors",
                        "model-00003-of-00003.safetensors"),
                FOLDERS);
    }

    @Test
    @Timeout(120)
    void damagedFoldersWithExperts() throws Exception {
        damagedFolders(
                "glam_alt",
                List.of(
                        "config.json",
                        "model.safetensors",
                        "tokenizer.json",
                        "tokenizer_config.json"),
                SPARSE_FOLDERS);
    }

    private void damagedFolders(String model, List<String> names, int count) throws Exception {
        Map<String, byte[]> original = new TreeMap<>();
        for (String name : names) {
            original.put(name, Files.readAllBytes(Golden.path("tiny/" + model + "/" + name)));
        }
        write(original);
        long before = privateBytesOnceLoaded(folder);
        for (int i = 0; i < count; i++) {
            Map<String, byte[]> damaged = new TreeMap<>();
            for (int more = random.nextInt(3); more >= 0; more -= 2) {
                String name = names.get(random.nextInt(names.size()));
                damaged.put(name, damage(name, original.get(name)));
            }
            write(damaged);
            load("folder " + i + " with other " + damaged.keySet(), folder);
            damaged.replaceAll((name, bytes) -> original.get(name));
            write(damaged);
        }
        checkOutcomes(count, before);
    }

    @Test
    @Timeout(120)
    void damagedGgufFiles() throws Exception {
        byte[] original =
                Files.readAllBytes(
                        Path.of(
                                CheckpointFuzzTest.class
                                        .getResource("/gguf/tiny_gemma1_bf16.gguf")
                                        .toURI()));
        int header = 24_000;
        Path file = folder.resolve("model.gguf");
        Files.write(file, original);
        long before = privateBytesOnceLoaded(file);
        for (int i = 0; i < FILES; i++) {
            byte[] start = mutator.damage(Arrays.copyOf(original, header));
            byte[] bytes = Arrays.copyOf(start, start.length + original.length - header);
            System.arraycopy(original, header, bytes, start.length, original.length - header);
            Files.write(file, bytes);
            load("file " + i, file);
        }
        checkOutcomes(FILES, before);
    }

    /** Loads the undamaged model, whose classes and kernels stay in memory, before it looks. */
    private static long privateBytesOnceLoaded(Path path)
            throws IOException, MalformedModelException {
        LanguageModel.load(path).close();
        return ProcessMemory.privateBytesOfTheLiving();
    }

    private void write(Map<String, byte[]> files) throws IOException {
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            Path path = folder.resolve(file.getKey());
            if (file.getValue() == null) {
                Files.delete(path);
            } else {
                Files.write(path, file.getValue());
            }
        }
    }

    /** Returns the damaged bytes of a file, null if it is to be missing. */
    private byte[] damage(String name, byte[] original) {
        if (random.nextInt(12) == 0) {
            return null;
        }
        if (name.endsWith(".json")) {
            return mutator.damageText(original);
        }
        // A header whose length is right again is read further.
        return mutator.chance() ? withDamagedHeader(original) : mutator.damage(original);
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

    private void load(String what, Path path) throws IOException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        WeightFormat format = mutator.chance() ? WeightFormat.FLOAT32 : WeightFormat.BFLOAT16;
        try (LanguageModel model =
                LanguageModel.load(path, LoadOptions.defaults().withFormat(format))) {
            int vocabSize = model.config().vocabSize();
            int[] ids = {0, vocabSize - 1, vocabSize / 2};
            ScoreOptions options = ScoreOptions.defaults();
            assertEquals(2, model.score(ids, options, ScoreListener.NONE).tokens().size());
            accepted++;
        } catch (IOException | MalformedModelException e) {
            assertTrue(e.getMessage().contains(folder.toString()), what + ": " + e.getMessage());
            refused++;
        } catch (RuntimeException | Error e) {
            fail(what, e);
        }
        assertEquals(List.of(), ProcessMemory.mappings(folder), what);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertTrue(allocated < MAX_ALLOCATED_BYTES, what + " took " + allocated + " bytes");
    }

    /** Damages that all end in the same place would prove little. */
    private void checkOutcomes(int count, long privateBytesBefore) {
        assertTrue(
                accepted > count / 20 && refused > count / 4,
                accepted + " accepted, " + refused + " refused");
        long grown = ProcessMemory.privateBytesOfTheLiving() - privateBytesBefore;
        assertTrue(grown < MAX_PRIVATE_BYTES, "private memory grew by " + grown + " bytes");
    }
}
