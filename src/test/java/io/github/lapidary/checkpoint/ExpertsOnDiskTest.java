package io.github.lapidary.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.sun.nio.file.ExtendedOpenOption;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.LoadOptions;
import io.github.lapidary.ProcessMemory;
import io.github.lapidary.Tiny;
import io.github.lapidary.config.GenerationDefaults;
import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.config.ModelConfigReader;
import io.github.lapidary.file.SafetensorsFolder;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.file.TensorEntry;
import io.github.lapidary.generation.Cancellation;
import io.github.lapidary.generation.GenerationOptions;
import io.github.lapidary.generation.GenerationRequest;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.nn.TokenRoute;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which pages of a file with 64 MB of experts, of 2 MB each, come into the process's memory. */
@Timeout(120)
class ExpertsOnDiskTest {

    private static final int EXPERTS = 32;

    private static final List<String> KINDS = List.of("wi", "wo");

    /**
     * The system maps what lies around a page with it, 64 KB at once: so much of a matrix may come
     * with either neighbour.
     */
    private static final long MOST_WITH_NEIGHBOURS = 2 * (64 << 10);

    @TempDir private Path folder;

    private Path large(boolean stacked) throws Exception {
        JsonObject json =
                JsonParser.parseString(Files.readString(Tiny.path("glam").resolve("config.json")))
                        .getAsJsonObject();
        Map.of(
                        "num_hidden_layers", 1,
                        "hidden_size", 128,
                        "moe_intermediate_size", 4096,
                        "num_experts", EXPERTS)
                .forEach(json::addProperty);
        ModelConfig config =
                ModelConfigReader.readFile(
                        Files.writeString(folder.resolve("large.json"), json.toString()));
        Path large = folder.resolve("large");
        try (NDManager manager = NDManager.newBaseManager()) {
            CheckpointWriter.write(
                    RandomWeights.model(config, manager, WeightFormat.BFLOAT16, 1),
                    GenerationDefaults.NONE,
                    large,
                    WriteOptions.of(StoredType.BF16).withTokenizerFolder(Tiny.path("glam")));
        }
        if (!stacked) {
            TinyFolder tensors = new TinyFolder(large);
            Files.delete(large.resolve("model.safetensors"));
            for (int expert = 0; expert < EXPERTS; expert++) {
                for (String kind : KINDS) {
                    String name = name(expert, kind);
                    tensors.tensors.put(name, tensors.tensors.remove(name));
                }
            }
            tensors.write(large);
        }
        return large;
    }

    private static String name(int expert, String kind) {
        return "model.layers.0.moe.experts." + expert + "." + kind + ".weight";
    }

    /** Writes a file anew, past the memory in which the system keeps what is read and written. */
    private static void writePastTheCache(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        Path copy = file.resolveSibling("copy");
        int block = Math.toIntExact(Files.getFileStore(file).getBlockSize());
        int length = (bytes.length + block - 1) / block * block;
        ByteBuffer aligned = ByteBuffer.allocateDirect(length + block).alignedSlice(block);
        aligned.put(bytes).position(0).limit(length);
        try (FileChannel channel =
                FileChannel.open(
                        copy,
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.WRITE,
                        ExtendedOpenOption.DIRECT)) {
            while (aligned.hasRemaining()) {
                channel.write(aligned);
            }
        } catch (IOException | UnsupportedOperationException e) {
            assumeTrue(false, "This file system keeps in memory what it writes: " + e);
        }
        try (FileChannel channel = FileChannel.open(copy, StandardOpenOption.WRITE)) {
            channel.truncate(bytes.length);
        }
        Files.delete(file);
        Files.move(copy, file);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @EnabledOnOs(OS.LINUX)
    void onlyTheExpertsThatTokensTakeAreRead(boolean stacked) throws Exception {
        Path large = large(stacked);
        Path file = large.resolve("model.safetensors");
        writePastTheCache(file);
        LoadOptions inFile =
                LoadOptions.defaults()
                        .withFormat(WeightFormat.BFLOAT16)
                        .withExperts(ExpertPlacement.IN_FILE);
        try (LanguageModel model = LanguageModel.load(large, inFile)) {
            assumeTrue(ProcessMemory.knowsPages(), "The process's pages cannot be read.");
            assertRead(file, Set.of());
            int[] prompt = {2};
            int[] ids = prompt;
            for (int tokens = 1; tokens <= 4; tokens++) {
                GenerationOptions options =
                        GenerationOptions.builder().maxNewTokens(tokens).ignoreEos(true).build();
                int[] written =
                        model.generate(List.of(new GenerationRequest(prompt, options)))
                                .get(0)
                                .ids();
                // What a pass gives out last, no layer has read.
                ids = IntStream.concat(IntStream.of(prompt), Arrays.stream(written)).toArray();
                assertRead(file, experts(model, Arrays.copyOf(ids, tokens)));
            }
            int[] several = IntStream.range(5, 9).toArray();
            Set<Integer> experts = experts(model, Arrays.copyOf(ids, 4));
            experts.addAll(experts(model, several));
            assertRead(file, experts);
            assertTrue(experts.size() > 4 && experts.size() < EXPERTS - 8, experts::toString);
        }
    }

    /** Returns the experts that tokens take, which reads them, too. */
    private static Set<Integer> experts(LanguageModel model, int... ids) {
        Set<Integer> experts = new TreeSet<>();
        model.route(
                ids,
                (layer, routes) -> {
                    for (TokenRoute route : routes) {
                        experts.add(route.firstExpert());
                        experts.add(route.secondExpert());
                    }
                },
                new Cancellation());
        return experts;
    }

    private static void assertRead(Path file, Set<Integer> experts) throws IOException {
        Map<String, TensorEntry> entries = SafetensorsFolder.read(file.getParent()).tensors();
        Set<Integer> read = new TreeSet<>();
        Map<String, Long> others = new TreeMap<>();
        for (int expert = 0; expert < EXPERTS; expert++) {
            for (String kind : KINDS) {
                TensorEntry entry = entries.get(name(expert, kind));
                long resident =
                        ProcessMemory.residentBytes(
                                file, entry.offset(), entry.offset() + entry.bytes());
                if (resident > entry.bytes() - MOST_WITH_NEIGHBOURS) {
                    read.add(expert);
                } else if (resident > MOST_WITH_NEIGHBOURS) {
                    others.put(entry.name(), resident);
                }
            }
        }
        assertEquals(experts, read);
        assertEquals(Map.of(), others, "bytes read of experts that no token takes");
    }
}
